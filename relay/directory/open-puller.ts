// What reads the whole list of a configured source; a driver is loaded only where it is used. Called in the thread of a snapshot.
import type { SourceConfig } from '../config-directory.ts';
import type { Puller } from './asker.ts';

export async function openPuller(config: SourceConfig): Promise<Puller> {
  const [user, secret] = 'secret' in config ? [config.user ?? null, config.secret ?? null] : [null, null];
  switch (config.type) {
    case 'postgres':
      return (await import('./postgres.ts')).pullPostgres(config, config.prepared);
    case 'mysql':
      return (await import('./mysql.ts')).pullMysql(config, config.prepared);
    case 'sqlite':
      return (await import('./sqlite.ts')).pullSqlite(config.path, config.prepared);
    case 'http':
      return (await import('./http.ts')).pullHttp({ question: config.question, user, secret });
    case 'vcard':
      return (await import('./carddav.ts')).pullVcards(config.path);
    case 'carddav':
      return (await import('./carddav.ts')).pullCarddav({ url: config.url, user, secret });
    case 'csv':
      return (await import('./csv.ts')).pullCsv(config.path);
  }
}
