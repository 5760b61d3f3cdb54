// A configured source, opened: a list in memory, or something to ask. A driver is loaded only where it is used. Called by
// `open-directory.ts`.
import { join } from 'node:path';
import type { CountryCode } from 'libphonenumber-js/max';
import type { SourceConfig } from '../config-directory.ts';
import type { Asker } from './asker.ts';
import { watchClientList } from './client-list.ts';
import type { ClientListOptions } from './client-list.ts';
import { liveSource } from './live.ts';
import { openSnapshot } from './snapshot.ts';
import type { Snapshot, SnapshotTold } from './snapshot.ts';
import type { Source } from './source.ts';
import { numberReader } from './written-number.ts';

export type OpenOptions = {
  country: CountryCode;
  /** The labels of the fields that may be sent to add-ons. */
  fields: readonly string[];
  /** Where snapshots are kept; null: nowhere. */
  folder: string | null;
  wallClock(): number;
  random(): number;
  onList(path: string, result: Parameters<ClientListOptions['onRead']>[0]): void;
  onSnapshot(source: string, told: SnapshotTold): void;
};

/** `staff.clients`: it is always a snapshot, also of a CSV. */
export async function openSource(config: SourceConfig, options: OpenOptions): Promise<Source> {
  if (config.type === 'csv') return openList(config.name, config.path, options);
  if (config.mode === 'snapshot') return openKept(config, options);
  const { country, fields } = options;
  return liveSource(config.name, await openAsker(config), { fields, describe: numberReader(country) });
}

export const openKept = (config: SourceConfig, options: OpenOptions): Promise<Snapshot> => {
  const { country, fields, folder, wallClock, random } = options;
  return openSnapshot({
    config,
    country,
    fields,
    file: folder === null ? null : join(folder, `clients-${config.name}.snapshot`),
    everyMs: config.everyMinutes * 60_000,
    wallClock,
    random,
    onTold: (told) => options.onSnapshot(config.name, told),
  });
};

async function openList(
  name: string,
  path: string,
  { country, fields, onList }: OpenOptions,
): Promise<Source> {
  const list = await watchClientList({ path, country, fields, onRead: (result) => onList(path, result) });
  return { name, ...list };
}

async function openAsker(config: SourceConfig): Promise<Asker> {
  switch (config.type) {
    case 'postgres':
      return (await import('./postgres.ts')).askPostgres(config, config.prepared);
    case 'mysql':
      return (await import('./mysql.ts')).askMysql(config, config.prepared);
    case 'sqlite':
      return (await import('./sqlite.ts')).askSqlite(config.path, config.prepared);
    case 'http': {
      const { question, user = null, secret = null } = config;
      return (await import('./http.ts')).askHttp({ question, user, secret });
    }
    case 'csv':
    case 'vcard':
    case 'carddav':
      throw new Error(`${config.type} cannot be asked`); // [config-directory.ts: listMode]
  }
}
