// A relay beside several PBXs, each with a name. Called by unit and lab tests.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startRelay } from './relay-process.ts';
import type { PbxAccess, RelayProcess } from './relay-process.ts';

/** `lines`: further settings of this PBX, as its part of the list has them. */
export type SiteAccess = PbxAccess & { name: string; lines?: readonly string[] };

/** Its settings are a file, as IT writes it, with the secrets in files of their own. */
export async function startRelayOf(
  sites: readonly SiteAccess[],
  settings: Record<string, string> = {},
): Promise<RelayProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-sites-'));
  const texts = sites.map(async ({ name, host, port, username, secret, lines = [] }) => {
    const secretFile = join(folder, name);
    await writeFile(secretFile, `${secret}\n`);
    return [
      `  - name: ${name}`,
      '    ami:',
      ...[`host: ${host}`, `port: ${port}`, `username: ${username}`, `secretFile: ${secretFile}`].map(
        (line) => `      ${line}`,
      ),
      ...lines.map((line) => `    ${line}`),
    ].join('\n');
  });
  const path = join(folder, 'ringcue.yaml');
  await writeFile(path, `pbxs:\n${(await Promise.all(texts)).join('\n')}\n`);
  try {
    return await startRelay(null, { RINGCUE_CONFIG: path, ...settings }); // all files are read before it listens
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The PBX of that name is connected and was polled. */
export const isSiteReady = async (relay: RelayProcess, name: string): Promise<void> => {
  await relay.logs(({ msg, pbx }) => msg === 'pbx up' && pbx === name, `that ${name} is up`);
};
