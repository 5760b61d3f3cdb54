// `ringcue setup-link [--json]`: prints a link that opens /setup of the running relay once, within a quarter of an hour. Whoever
// has it sees what `ringcue doctor` would tell him, and no secret. Exit codes: 0, 1 it could not be made, 64 used wrongly.
import { newToken, hashOf } from '../pairing/secrets.ts';
import { SETUP_LINK_MS } from '../setup/door.ts';
import { writeSetupLink } from '../setup/link-file.ts';
import { configured } from './configured.ts';
import { linkBase } from './link-base.ts';
import { minuteOf } from './pairing-file.ts';

export const setupLink = configured((config, { parameters, say, complain }) => {
  const [option, ...more] = parameters;
  if (more.length > 0 || (option !== undefined && option !== '--json')) {
    complain('Say: ringcue setup-link [--json]');
    return Promise.resolve(64);
  }
  const { data } = config;
  if (data === null) {
    complain('RINGCUE_DATA names no folder: that is where the running relay would find the link.');
    return Promise.resolve(1);
  }
  const code = newToken();
  const expiresAt = Date.now() + SETUP_LINK_MS;
  try {
    writeSetupLink(data, { hash: hashOf(code), expiresAt });
  } catch (error) {
    const { message } = error as Error;
    complain(
      `The link could not be left for the relay: ${message}. Start the relay first, and be its user or root.`,
    );
    return Promise.resolve(1);
  }
  const base = linkBase(config);
  const link = base === null ? null : `${base}/setup/#${code}`;
  if (option === '--json') say(JSON.stringify({ link, code, expiresAt }));
  else {
    say(`For /setup, good once, until ${minuteOf(expiresAt)} UTC; one made before is good no more.`);
    if (link !== null) say(`  link  ${link}`);
    else complain('Set RINGCUE_PUBLIC_URL to the address that staff enter, and there will be a link, too.');
    say(`  code  ${code}`);
  }
  return Promise.resolve(0);
});
