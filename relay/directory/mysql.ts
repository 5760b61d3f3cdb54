// MySQL and MariaDB: asked at the ring through a small pool of read-only sessions, or read from beginning to end as a
// stream. Called by `open-source.ts`, which loads this file, and with it the driver, only where it is used.
import { createConnection, createPool } from 'mysql2';
import type { Connection, ConnectionOptions, PoolConnection, RowDataPacket } from 'mysql2';
import type { Duplex } from 'node:stream';
import type { Asker, Puller } from './asker.ts';
import { SourceFault } from './fault.ts';
import { watchBytes } from './meter.ts';
import type { Prepared } from './named-parameters.ts';
import type { DatabaseAccess } from './postgres.ts';
import { BATCH_ROWS, boundedQuery, CONNECT_MS, SQL_POOL_SIZE, STATEMENT_MS, valuesFor } from './sql.ts';

const PULL_STATEMENT_MS = 120_000;

export function askMysql(access: DatabaseAccess, prepared: Prepared): Asker {
  const sql = boundedQuery(prepared);
  const pool = createPool({ ...connectionOf(access), connectionLimit: SQL_POOL_SIZE, idleTimeout: 30_000 });
  pool.on('connection', (connection) => beginSession(connection, STATEMENT_MS));
  const borrow = (): Promise<PoolConnection> =>
    new Promise((resolve, reject) =>
      pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection))),
    );
  return {
    ask: async (query, signal) => {
      const connection = await borrow().catch(told);
      const abort = (): void => connection.destroy();
      const meter = watchBytes((connection as unknown as { stream: Duplex }).stream, abort);
      signal.addEventListener('abort', abort);
      try {
        if (signal.aborted) return [];
        const rows = await new Promise<RowDataPacket[]>((resolve, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          // The server prepares it: values travel beside the query, never within.
          connection.execute<RowDataPacket[]>(sql, valuesFor(prepared, query), (error, all) =>
            error ? reject(error) : resolve(all),
          );
        });
        meter.check();
        connection.release();
        return rows;
      } catch (error) {
        connection.destroy();
        meter.check();
        throw faultOfMysql(error);
      } finally {
        meter.stop();
        signal.removeEventListener('abort', abort);
      }
    },
    stop: () => new Promise((resolve) => pool.end(() => resolve())),
  };
}

export const pullMysql = (access: DatabaseAccess, { sql }: Prepared): Puller =>
  async function* (signal) {
    const connection = createConnection(connectionOf(access));
    connection.on('error', () => undefined); // the query that waits is told
    const abort = (): void => connection.destroy();
    signal.addEventListener('abort', abort);
    try {
      beginSession(connection, PULL_STATEMENT_MS);
      let batch: unknown[] = [];
      for await (const row of connection.query(sql).stream({ highWaterMark: BATCH_ROWS })) {
        batch.push(row);
        if (batch.length < BATCH_ROWS) continue;
        yield batch;
        batch = [];
      }
      yield batch;
    } catch (error) {
      throw faultOfMysql(error);
    } finally {
      signal.removeEventListener('abort', abort);
      connection.destroy();
    }
  };

const connectionOf = ({ host, port, user, password, database, tls }: DatabaseAccess): ConnectionOptions => ({
  host,
  port,
  user,
  password,
  database,
  ...(tls && { ssl: {} }),
  connectTimeout: CONNECT_MS,
  charset: 'utf8mb4',
  dateStrings: true,
  supportBigNumbers: true,
  bigNumberStrings: true,
  multipleStatements: false,
  enableKeepAlive: true,
  // What a server may ask us for: never a file of ours [LOAD DATA LOCAL].
  flags: ['-LOCAL_FILES'],
});

/** The time limit is called otherwise by MariaDB, in seconds, and by MySQL, in milliseconds; each knows only its own. */
function beginSession(connection: Pick<Connection, 'query'>, statementMs: number): void {
  const ignore = (): void => undefined;
  connection.query('SET SESSION TRANSACTION READ ONLY', ignore);
  connection.query(`SET SESSION max_statement_time = ${statementMs / 1000}`, ignore);
  connection.query(`SET SESSION max_execution_time = ${statementMs}`, ignore);
}

const told = (error: unknown): never => {
  throw faultOfMysql(error);
};

const REFUSED = /^ER_(ACCESS_DENIED|DBACCESS_DENIED|BAD_DB|HOST_NOT_PRIVILEGED|HOST_IS_BLOCKED)/;
const TIMEOUT = /^ER_(QUERY_TIMEOUT|STATEMENT_TIMEOUT|QUERY_INTERRUPTED)/;
const UNREACHABLE = /^(PROTOCOL_CONNECTION_LOST|ER_CON_COUNT_ERROR|ER_SERVER_SHUTDOWN)/;

/** [MariaDB: error codes] By their names. */
function faultOfMysql(error: unknown): unknown {
  const { code = '', errno, message } = error as { code?: string; errno?: number; message: string };
  if (REFUSED.test(code)) return new SourceFault('directory.refused', `${code}: ${message}`);
  if (TIMEOUT.test(code) || errno === 1969 || code === 'ETIMEDOUT')
    return new SourceFault('directory.timeout', `${code}: ${message}`);
  if (UNREACHABLE.test(code) || /closed state/.test(message))
    return new SourceFault('directory.unreachable', `${code}: ${message}`);
  if (/^ER_/.test(code)) return new SourceFault('directory.bad-query', `${code}: ${message}`);
  return error;
}
