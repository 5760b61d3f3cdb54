// What the SQL sources share: the user's query with a bound around it, and values in the order of its placeholders. Pure.
import { MAX_CLIENTS_IN_ANSWER } from './checked-client.ts';
import type { Prepared } from './named-parameters.ts';
import type { Query } from './source.ts';

export const SQL_POOL_SIZE = 4;
export const CONNECT_MS = 2_500;
/** In the server itself, where ours is 3 s. */
export const STATEMENT_MS = 4_000;
/** What an answer about one number may hold. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
export const BATCH_ROWS = 2_000;

/** A table that is named within another query can neither write nor be followed by a second statement. */
export const boundedQuery = ({ sql }: Prepared): string =>
  `SELECT * FROM (\n${sql}\n) AS ringcue LIMIT ${MAX_CLIENTS_IN_ANSWER + 1}`;

export const valuesFor = ({ parameters }: Prepared, query: Query): (string | null)[] =>
  parameters.map((name) => query[name]);
