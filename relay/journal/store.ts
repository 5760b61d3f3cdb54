// The journal's file [SQLite]: ended calls, one row a call and extension, and what of them has been seen or returned.
// Shell, synchronous; only `journal/keeper.ts` calls it, in a thread where nobody waits for the disk. Throws SQLite's
// errors.
import type { DatabaseSync } from 'node:sqlite';
import type { Call, Position } from '../../shared/protocol.ts';
import { inTransaction, openFile } from '../sqlite.ts';
import { MIGRATIONS } from './schema.ts';

/** `seq`: which line told that the call has ended. */
export type Ended = { type: 'ended'; extension: string; seq: number; call: Call };
export type Seen = { type: 'seen'; extension: string; callIds: readonly string[]; at: number };
export type Work = Ended | Seen;
export type Returned = { extension: string; id: string };
/** `dealtWith`: ids of calls that need no telling any more, as they were seen or returned. Both newest first. */
export type Missed = { calls: Call[]; dealtWith: string[] };

export type StoreOptions = {
  path: string;
  epoch: string;
  /** Whose call back counts: one's own, or anybody's of the office who reached the client. */
  returnedBy: 'own' | 'any';
  /** As many as one message takes. An argument, so that the journal's thread need not load the wire: 3 MB. */
  maxMissed: number;
  now(): number;
};

export type Store = {
  /** All or nothing. Tells which missed calls were returned by these. */
  write(works: readonly Work[]): Returned[];
  /** What was missed after that place in the lines and is neither seen nor returned. */
  missedSince(extension: string, after: Position | null): Missed;
  /** Forgets at most `limit` calls that ended before; how many it were. */
  purge(before: number, limit: number): number;
  close(): void;
};

export function openStore(options: StoreOptions): Store {
  const database = openFile(options.path, MIGRATIONS, 'journal');
  try {
    return storeOf(database, options);
  } catch (error) {
    database.close();
    throw error;
  }
}

const IS_MISSED = `direction = 'inbound' and end_reason in ('missed', 'busy')`;

const SQL = {
  begin: `insert into epochs values (?, coalesce((select seq from sqlite_sequence where name = 'ended'), 0), ?)
    on conflict do nothing`,
  // Told again, it was corrected: when it was first told and whether it was seen stays.
  end: `insert into ended (extension, id, epoch, seq, direction, number, ended_at, end_reason, answered_by, call)
    values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    on conflict (extension, id) do update set number = excluded.number, ended_at = excluded.ended_at,
      end_reason = excluded.end_reason, answered_by = excluded.answered_by, call = excluded.call`,
  see: `update ended set seen_at = ? where extension = ? and id = ? and seen_at is null`,
  return: `update ended set returned_at = ? where number = ? and ${IS_MISSED} and returned_at is null
    and ended_at <= ? and (extension = ? or ?) returning extension, id`,
  place: `select max(n) as n from ended where extension = ? and epoch = ? and seq <= ?`,
  epoch: `select before_n as n from epochs where epoch = ?`,
  // Whom somebody else has answered in the end needs no call back.
  missed: `select call from ended where extension = ? and n > ? and ${IS_MISSED} and answered_by is null
    and seen_at is null and returned_at is null order by n desc limit ?`,
  dealtWith: `select id from ended where extension = ? and ${IS_MISSED}
    and (seen_at is not null or returned_at is not null) order by n desc limit ?`,
  purge: `delete from ended where n in (select n from ended where ended_at < ? order by ended_at limit ?)`,
  purgeEpochs: `delete from epochs where began_at < ? and epoch <> ?`,
} as const;

function storeOf(database: DatabaseSync, { epoch, returnedBy, maxMissed, now }: StoreOptions): Store {
  const prepare = (sql: string) => database.prepare(sql);
  prepare(SQL.begin).run(epoch, now());
  const end = prepare(SQL.end);
  const see = prepare(SQL.see);
  const giveBack = prepare(SQL.return);
  const place = prepare(SQL.place);
  const placeOfEpoch = prepare(SQL.epoch);
  const missed = prepare(SQL.missed);
  const dealtWith = prepare(SQL.dealtWith);
  const purge = prepare(SQL.purge);
  const purgeEpochs = prepare(SQL.purgeEpochs);

  const writeEnded = ({ extension, seq, call }: Ended): Returned[] => {
    const { id, direction, party, startedAt, answeredAt, endedAt, endReason, answeredBy } = call;
    if (endedAt === null || endReason === null) return [];
    const told = JSON.stringify(withoutPicture(call));
    end.run(extension, id, epoch, seq, direction, party.number, endedAt, endReason, answeredBy, told);
    if (direction !== 'outbound' || party.number === null) return [];
    // Who dials the number knows of the call, reached or not; of a colleague nobody knows that he meant it.
    const isForAll = returnedBy === 'any' && answeredAt !== null && !party.internal ? 1 : 0;
    return giveBack.all(startedAt, party.number, endedAt, extension, isForAll) as Returned[];
  };
  /** The newest row that somebody at this place in the lines knows of. */
  const rowAt = (extension: string, after: Position): number =>
    ((place.get(extension, after.epoch, after.seq)?.['n'] ?? placeOfEpoch.get(after.epoch)?.['n']) as
      number | null) ?? 0; // older than all that is kept

  return {
    write: (works) =>
      inTransaction(database, () =>
        works.flatMap((work) => {
          if (work.type === 'ended') return writeEnded(work);
          for (const id of work.callIds) see.run(work.at, work.extension, id);
          return [];
        }),
      ),
    missedSince: (extension, after) =>
      after === null
        ? { calls: [], dealtWith: [] }
        : {
            calls: missed
              .all(extension, rowAt(extension, after), maxMissed)
              .map(({ call }) => JSON.parse(call as string) as Call),
            dealtWith: dealtWith.all(extension, maxMissed).map(({ id }) => id as string),
          },
    purge: (before, limit) => {
      purgeEpochs.run(before, epoch);
      return Number(purge.run(before, limit).changes);
    },
    close: () => database.close(),
  };
}

/** It would be kept with each call, and there is none in a list. */
function withoutPicture(call: Call): Call {
  const { party } = call;
  return party.client ? { ...call, party: { ...party, client: { ...party.client, image: null } } } : call;
}
