// The company's own SQL: what is a parameter in it, what is none, and what is told of a wrong one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { prepareQuery } from '../../relay/directory/named-parameters.ts';
import type { Dialect } from '../../relay/directory/named-parameters.ts';

for (const [dialect, query, sql, parameters] of [
  ['postgres', 'select 1 where a = :e164', 'select 1 where a = $1', ['e164']],
  ['mysql', 'select 1 where a = :e164', 'select 1 where a = ?', ['e164']],
  ['sqlite', 'select 1 where a = :e164', 'select 1 where a = ?', ['e164']],
  ['postgres', ':e164 :last10 :e164', '$1 $2 $3', ['e164', 'last10', 'e164']],
  ['postgres', 'a=:national::text', 'a=$1::text', ['national']],
  ['postgres', 'b::text = :digits', 'b::text = $1', ['digits']],
  ['postgres', `a = ':e164' and b = :extension`, `a = ':e164' and b = $1`, ['extension']],
  ['postgres', `a = 'it''s :e164' and b = :e164`, `a = 'it''s :e164' and b = $1`, ['e164']],
  ['postgres', `a = 'c:\\' and b = :e164`, `a = 'c:\\' and b = $1`, ['e164']],
  ['postgres', `a = E'\\':e164' and b = :e164`, `a = E'\\':e164' and b = $1`, ['e164']],
  ['mysql', `a = 'it\\'s :e164' and b = :e164`, `a = 'it\\'s :e164' and b = ?`, ['e164']],
  ['mysql', 'a = `x:e164` and b = :e164', 'a = `x:e164` and b = ?', ['e164']],
  ['mysql', `a = "x:e164" and b = :e164`, `a = "x:e164" and b = ?`, ['e164']],
  ['mysql', '# :digits\n:e164', '# :digits\n?', ['e164']],
  ['mysql', '5--:e164', '5--?', ['e164']],
  ['sqlite', '[x:e164] = :e164', '[x:e164] = ?', ['e164']],
  ['postgres', '"x:e164" = :e164', '"x:e164" = $1', ['e164']],
  ['postgres', '-- :digits\n:e164', '-- :digits\n$1', ['e164']],
  ['postgres', '/* :digits\n */ :e164', '/* :digits\n */ $1', ['e164']],
  ['postgres', '$$ :digits $$ || :e164', '$$ :digits $$ || $1', ['e164']],
  ['postgres', '$q$ $$ :digits $q$ || :e164', '$q$ $$ :digits $q$ || $1', ['e164']],
  ['postgres', 'a ? :e164', 'a ? $1', ['e164']],
  ['postgres', 'x[1:2] = :e164;', 'x[1:2] = $1', ['e164']],
  ['postgres', `a = ';' and b = :e164 ;\n`, `a = ';' and b = $1`, ['e164']],
] as const)
  test(`${dialect}: ${JSON.stringify(query)} asks for ${parameters.join(', ')}`, () =>
    assert.deepEqual(prepareQuery(query, dialect), { sql, parameters }));

for (const [dialect, query, problem] of [
  [
    'postgres',
    'select :phone',
    /^"line 1, column 8 of the query: :phone is not known; known: :e164, :national/,
  ],
  ['postgres', 'select 1\n where a = :E164', /^"line 2, column 12/],
  ['mysql', 'a = ?', /a \? is not understood/],
  ['postgres', `a = 'x`, /column 5 .* does not close/],
  ['postgres', '/* x', /does not close/],
  ['postgres', '$x$ a', /does not close/],
  ['mysql', 'a = `x', /does not close/],
  ['postgres', '/* /* */ */ 1', /comment stands within a comment/],
  ['postgres', 'select 1; drop table clients', /one query is wanted/],
  ['postgres', ' \n ', /is empty/],
  ['postgres', ';', /is empty/],
] as const)
  test(`${dialect}: ${JSON.stringify(query)} is told as ${String(problem)}`, () =>
    assert.match(JSON.stringify(prepareQuery(query, dialect)), problem));

test('no query, however odd, makes the reader hang', () => {
  const startedAt = performance.now();
  for (const part of [`'`, `"`, '`', '$', '/*', '*/', '--', ':', '\\', '$$', `''`, '::', 'a', ' '])
    for (const dialect of ['postgres', 'mysql', 'sqlite'] as Dialect[])
      prepareQuery(part.repeat(20_000 / part.length), dialect);
  assert.ok(performance.now() - startedAt < 3_000);
});
