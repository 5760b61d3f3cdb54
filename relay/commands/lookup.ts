// `ringcue lookup NUMBER`: whose number is it, who says so, and what would be shown and opened. With the relay's own
// configuration; it asks the sources themselves, past all that a running relay remembers. Exit codes: 0 somebody was found, 1
// nobody, or a source has a fault, 64 used wrongly, 78 the configuration is wrong.
import { parseArgs } from 'node:util';
import { createPhones } from '../calls/phones.ts';
import type { Command, Invocation } from '../command.ts';
import type { Config } from '../config.ts';
import type { PbxConfig } from '../config-pbx.ts';
import { foundFor } from '../directory/card.ts';
import { describeNumber } from '../numbers.ts';
import { configured } from './configured.ts';
import { reportJson, reportLines } from './lookup-report.ts';
import type { LookUp } from './lookup-report.ts';

export const LOOKUP_USAGE = 'lookup NUMBER [--extension 101] [--json]';

type Asked = { given: string; extension: string | null; isJson: boolean };

export const lookup: Command = (invocation) => {
  const asked = readParameters(invocation.parameters);
  if (typeof asked !== 'string') return configured((config) => run(config, asked, invocation))(invocation);
  invocation.complain(asked);
  invocation.complain(`Usage: ringcue ${LOOKUP_USAGE}`);
  return Promise.resolve(64);
};

/** A text says what is wrong. */
function readParameters(parameters: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      options: { extension: { type: 'string' }, json: { type: 'boolean' } },
      allowPositionals: true,
    });
    // Without quotes, a shell takes `8 (916) 123` for several.
    const given = positionals.join(' ').trim();
    if (given === '') return 'Whose number? Write it as your PBX or your clients write it, for example "8 (916) 123-45-67".';
    return { given, extension: values.extension ?? null, isJson: values.json === true };
  } catch (error) {
    return (error as Error).message;
  }
}

async function run(config: Config, { given, extension, isJson }: Asked, { say }: Invocation): Promise<number> {
  const pbx = pbxOf(config, extension);
  const number = describeNumber(given, config.country, pbx.rewrite);
  const query = number.number === null ? null : queryFor(number.number);
  const door = await openForPeople(config);
  const steps = query === null ? [] : await door.trace(query.number).finally(() => door.stop());
  const clients = steps.find((step) => step.clients.length > 0)?.clients ?? [];
  const urls = { client: config.cardUrl, unknown: config.unknownUrl, image: config.imageUrl };
  const found = number.number === null ? { client: null, url: null } : foundFor(number.number, clients, urls);
  const notification = { title: config.notificationTitle, text: config.notificationText };
  const lookUp: LookUp = { given, pbx: pbx.name, number, query, steps, found, extension, notification };
  if (isJson) say(reportJson(lookUp));
  else for (const line of reportLines(lookUp)) say(line);
  return clients.length > 0 && steps.every(({ problem }) => problem === null) ? 0 : 1;
}

/** The PBX that may have this phone, else the first. */
function pbxOf({ pbxs }: Config, extension: string | null): PbxConfig {
  const mayHave = ({ extensions, phones, prefix }: PbxConfig): boolean =>
    extension !== null && createPhones({ pattern: extensions, endpoints: phones, prefix }).isExtension(extension);
  const [first] = pbxs;
  const pbx = pbxs.find(mayHave) ?? first;
  if (!pbx) throw new Error('a configuration has at least one PBX');
  return pbx;
}
