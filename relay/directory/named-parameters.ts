// The user's own SQL with `:e164`, `:national`, `:digits`, `:last10`, `:extension` → the driver's placeholders. A value never
// becomes part of the query. Pure; called by the SQL sources, and at the start, where every fault of a query is told.
//
// What looks like a parameter is none inside: 'strings', "names", `names` [MySQL], $tag$…$tag$ [PostgreSQL 4.1.2.4],
// -- and # comments, /* comments */, and in a cast `::text` or an assignment `:=`.

export const PARAMETERS = ['e164', 'national', 'digits', 'last10', 'extension'] as const;
export type Parameter = (typeof PARAMETERS)[number];
export type Dialect = 'postgres' | 'mysql' | 'sqlite';

export type Prepared = {
  /** With `$1`, or `?`. */
  sql: string;
  /** What each placeholder stands for, in order. */
  parameters: readonly Parameter[];
};

/** Each pattern is tried where we stand; the first that fits is copied as it is. */
const COPIED: Readonly<Record<Dialect, RegExp>> = {
  // E'…' knows backslashes; '…' does not, as standard_conforming_strings is on since 9.1.
  postgres:
    /[eE]'(?:[^'\\]|''|\\[^])*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$(?:[A-Za-z_]\w*)?\$)[^]*?\1|--[^\n]*|\/\*[^]*?\*\/|::|:=|\w+/y,
  mysql:
    /'(?:[^'\\]|''|\\[^])*'|"(?:[^"\\]|""|\\[^])*"|`(?:[^`]|``)*`|--(?=\s|$)[^\n]*|#[^\n]*|\/\*[^]*?\*\/|:=|\w+/y,
  sqlite: /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[^]*?\*\/|\w+/y,
};
/** What only stands there when a quote or comment does not close. */
const UNCLOSED: Readonly<Record<Dialect, RegExp>> = {
  postgres: /['"]|\/\*|\$(?:[A-Za-z_]\w*)?\$/y,
  mysql: /['"`]|\/\*/y,
  sqlite: /['"`[]|\/\*/y,
};
const PARAMETER = /:([A-Za-z_]\w*)/y;

/** The prepared query; a text says what is wrong with it, where, and what to do. */
export function prepareQuery(query: string, dialect: Dialect): Prepared | string {
  const parameters: Parameter[] = [];
  let sql = '';
  let at = 0;
  const matchAt = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(query);
  };
  while (at < query.length) {
    const copied = matchAt(COPIED[dialect]);
    if (copied) {
      // [PostgreSQL, SQLite: comments nest in one of them; in none of them is a comment inside a comment of use.]
      if (copied[0].startsWith('/*') && copied[0].indexOf('/*', 2) > 0)
        return `${placeOf(query, at)}: a comment stands within a comment`;
      sql += copied[0];
      at += copied[0].length;
      continue;
    }
    if (matchAt(UNCLOSED[dialect])) return `${placeOf(query, at)}: a quote or comment that does not close`;
    const parameter = matchAt(PARAMETER);
    if (parameter) {
      const name = PARAMETERS.find((one) => one === parameter[1]);
      if (!name)
        return `${placeOf(query, at)}: :${parameter[1] ?? ''} is not known; known: ${PARAMETERS.map((one) => `:${one}`).join(', ')}`;
      parameters.push(name);
      // [PostgreSQL] Each use is one of its own, as one may be compared with a text and another with a number.
      sql += dialect === 'postgres' ? `$${parameters.length}` : '?';
      at += parameter[0].length;
      continue;
    }
    const character = query[at] ?? '';
    if (character === '?' && dialect !== 'postgres')
      return `${placeOf(query, at)}: a ? is not understood; write :e164, :last10 …`;
    if (character === ';' && query.slice(at + 1).trim() !== '')
      return `${placeOf(query, at)}: one query is wanted, and no second behind a ;`;
    if (character !== ';') sql += character;
    at += 1;
  }
  return sql.trim() === '' ? 'the query is empty' : { sql: sql.trim(), parameters };
}

function placeOf(query: string, at: number): string {
  const before = query.slice(0, at).split('\n');
  return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} of the query`;
}
