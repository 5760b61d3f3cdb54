// PostgreSQL: asked at the ring through a small pool of read-only sessions, or read from beginning to end by a cursor.
// Called by `open-source.ts`, which loads this file, and with it the driver, only where it is used. [PostgreSQL 15: DECLARE]
import pg from 'pg';
import type { PoolClient } from 'pg';
import type { Asker, Puller } from './asker.ts';
import { SourceFault } from './fault.ts';
import { watchBytes } from './meter.ts';
import type { Prepared } from './named-parameters.ts';
import { BATCH_ROWS, boundedQuery, CONNECT_MS, SQL_POOL_SIZE, STATEMENT_MS, valuesFor } from './sql.ts';

export type DatabaseAccess = {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  /** Encrypted, and the server's certificate is checked. */
  tls: boolean;
};

const PULL_STATEMENT_MS = 120_000;

export function askPostgres(access: DatabaseAccess, prepared: Prepared): Asker {
  const sql = boundedQuery(prepared);
  const pool = new pg.Pool({
    ...connectionOf(access),
    max: SQL_POOL_SIZE,
    idleTimeoutMillis: 30_000,
    verify: (client, done) => void beginSession(client, STATEMENT_MS).then(() => done(), done),
  });
  pool.on('error', () => undefined); // an idle session was lost: the next question opens another
  return {
    ask: async (query, signal) => {
      const client = await pool.connect().catch(told);
      let isReleased = false;
      const release = (isBroken: boolean): void => {
        if (!isReleased) client.release(isBroken);
        isReleased = true;
      };
      const abort = (): void => release(true); // ends the session: the server stops, too
      const meter = watchBytes(client.connection.stream, abort);
      signal.addEventListener('abort', abort);
      try {
        if (signal.aborted) return [];
        const { rows } = await client.query<Record<string, unknown>>(sql, valuesFor(prepared, query));
        meter.check();
        release(false);
        return rows;
      } catch (error) {
        release(true);
        meter.check();
        throw faultOfPostgres(error);
      } finally {
        meter.stop();
        signal.removeEventListener('abort', abort);
      }
    },
    stop: () => pool.end(),
  };
}

export const pullPostgres = (access: DatabaseAccess, { sql }: Prepared): Puller =>
  async function* (signal) {
    const client = new pg.Client(connectionOf(access));
    client.on('error', () => undefined); // the query that waits is told
    const abort = (): void => void client.end();
    signal.addEventListener('abort', abort);
    try {
      await client.connect();
      await beginSession(client, PULL_STATEMENT_MS);
      await client.query(`BEGIN READ ONLY; DECLARE ringcue NO SCROLL CURSOR FOR ${sql}`);
      const fetch = () => {
        const batch = client.query<Record<string, unknown>>(`FETCH ${BATCH_ROWS} FROM ringcue`);
        batch.catch(() => undefined); // told where it is awaited
        return batch;
      };
      // The server works at the next rows while we look at these.
      for (let next = fetch(); ;) {
        const { rows } = await next;
        if (rows.length === 0) return;
        next = fetch();
        yield rows;
      }
    } catch (error) {
      throw faultOfPostgres(error);
    } finally {
      signal.removeEventListener('abort', abort);
      await client.end().catch(() => undefined); // gone already
    }
  };

const connectionOf = ({ host, port, user, password, database, tls }: DatabaseAccess) => ({
  host,
  port,
  user,
  password,
  database,
  ssl: tls,
  connectionTimeoutMillis: CONNECT_MS,
  keepAlive: true,
  application_name: 'ringcue',
});

/** By SET, as poolers between us and the server take no other options at the start. */
const beginSession = async (client: pg.Client | PoolClient, statementMs: number): Promise<void> => {
  await client.query(
    `SET default_transaction_read_only = on; SET statement_timeout = ${statementMs}; SET standard_conforming_strings = on`,
  );
};

const told = (error: unknown): never => {
  throw faultOfPostgres(error);
};

/** [PostgreSQL 15, appendix A] By the class of SQLSTATE. */
function faultOfPostgres(error: unknown): unknown {
  const { code = '', message, position } = error as { code?: string; message: string; position?: string };
  if (code === '57014' || /timeout/.test(message))
    return new SourceFault('directory.timeout', `PostgreSQL: ${message}`);
  if (/^28/.test(code) || code === '3D000')
    return new SourceFault('directory.refused', `PostgreSQL ${code}: ${message}`);
  if (/^(53|57P)/.test(code) || /terminated|closed/i.test(message))
    return new SourceFault('directory.unreachable', `PostgreSQL ${code}: ${message}`);
  if (!/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z]+$/.test(code)) return error;
  // A value may stand in the message: what kind of fault it is says enough.
  const text = code.startsWith('22') ? 'a value does not fit its type' : message;
  const place = position === undefined ? '' : ` (character ${position} of the query with its frame)`;
  return new SourceFault('directory.bad-query', `PostgreSQL ${code}: ${text}${place}`);
}
