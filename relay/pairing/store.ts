// The pairing file [SQLite]: devices with the hashes of their tokens, invitations with theirs, and the audit log. Shell,
// synchronous; called by `pairing/keeper.ts` in a thread, and by the commands (`ringcue invite` and its kin) in processes of
// their own. Throws SQLite's errors.
import type { DatabaseSync } from 'node:sqlite';
import { inTransaction, openFile } from '../sqlite.ts';
import type { AuditRow } from './audit.ts';
import type { PairedDevice } from './devices.ts';
import { isExpired } from './expiry.ts';
import type { Invitation } from './invitations.ts';
import { MIGRATIONS } from './schema.ts';

export const FILE_NAME = 'pairing.sqlite';
const DAY_MS = 24 * 60 * 60 * 1000;
/** How long a browser that comes back is told that it was revoked, and not just that nobody knows it. */
const REVOKED_KEPT_DAYS = 90;
const MAX_AUDIT_ROWS = 100_000;

export type Work =
  | { type: 'paired'; device: PairedDevice }
  | { type: 'revoked'; id: string; at: number }
  | { type: 'seen'; ids: readonly string[]; at: number }
  | { type: 'invited'; invitation: Invitation }
  | { type: 'invitation-used'; hash: string }
  | { type: 'audited'; row: AuditRow };

/** All that the relay needs to know. */
export type Kept = { devices: PairedDevice[]; invitations: Invitation[] };

export type PairingStore = {
  /** All or nothing. */
  write(works: readonly Work[]): void;
  kept(): Kept;
  /** Newest first. */
  audit(limit: number): AuditRow[];
  /** Changes when another connection has written [PRAGMA data_version]. */
  version(): number;
  /** Forgets what nobody needs any more. */
  purge(at: number, tokenDays: number): void;
  close(): void;
};

export function openPairingStore(path: string): PairingStore {
  const database = openFile(path, MIGRATIONS, 'pairing file');
  try {
    return storeOf(database);
  } catch (error) {
    database.close();
    throw error;
  }
}

const SQL = {
  pair: `insert into devices values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing`,
  revoke: `update devices set revoked_at = ? where id = ? and revoked_at is null`,
  see: `update devices set seen_at = max(seen_at, ?) where id = ?`,
  invite: `insert into invitations values (?, ?, ?) on conflict do nothing`,
  use: `delete from invitations where hash = ?`,
  audit: `insert into audit (at, what, extension, by, reason, count) values (?, ?, ?, ?, ?, ?)`,
  devices: `select id, extension, token_hash as tokenHash, name, paired_at as pairedAt, seen_at as seenAt,
    revoked_at as revokedAt from devices order by paired_at`,
  invitations: `select hash, extension, expires_at as expiresAt from invitations`,
  rows: `select at, what, extension, by, reason, count from audit order by n desc limit ?`,
  forget: `delete from devices where id = ?`,
  purgeInvitations: `delete from invitations where expires_at <= ?`,
  purgeAudit: `delete from audit where n <= (select max(n) from audit) - ${MAX_AUDIT_ROWS}`,
} as const;

function storeOf(database: DatabaseSync): PairingStore {
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();
  const run = (sql: string, ...values: (string | number | null)[]): void =>
    void (statements.get(sql) ?? keep(sql)).run(...values);
  const keep = (sql: string): ReturnType<DatabaseSync['prepare']> => {
    const statement = database.prepare(sql);
    statements.set(sql, statement);
    return statement;
  };
  const all = <T>(sql: string, ...values: number[]): T[] =>
    (statements.get(sql) ?? keep(sql)).all(...values) as T[];

  const carryOut = (work: Work): void => {
    switch (work.type) {
      case 'paired': {
        const { id, extension, tokenHash, name, pairedAt, seenAt, revokedAt } = work.device;
        return run(SQL.pair, id, extension, tokenHash, name, pairedAt, seenAt, revokedAt);
      }
      case 'revoked':
        return run(SQL.revoke, work.at, work.id);
      case 'seen':
        for (const id of work.ids) run(SQL.see, work.at, id);
        return;
      case 'invited':
        return run(SQL.invite, work.invitation.hash, work.invitation.extension, work.invitation.expiresAt);
      case 'invitation-used':
        return run(SQL.use, work.hash);
      case 'audited': {
        const { at, what, extension, by, reason, count } = work.row;
        return run(SQL.audit, at, what, extension, by, reason, count);
      }
    }
  };
  const kept = (): Kept => ({ devices: all(SQL.devices), invitations: all(SQL.invitations) });

  return {
    write: (works) =>
      inTransaction(database, () => {
        for (const work of works) carryOut(work);
      }),
    kept,
    audit: (limit) => all(SQL.rows, limit),
    version: () => database.prepare('pragma data_version').get()?.['data_version'] as number,
    purge: (at, tokenDays) =>
      inTransaction(database, () => {
        for (const device of kept().devices) {
          const isForgotten =
            device.revokedAt === null
              ? isExpired(device, tokenDays + REVOKED_KEPT_DAYS, at)
              : at - device.revokedAt > REVOKED_KEPT_DAYS * DAY_MS;
          if (isForgotten) run(SQL.forget, device.id);
        }
        run(SQL.purgeInvitations, at);
        run(SQL.purgeAudit);
      }),
    close: () => database.close(),
  };
}
