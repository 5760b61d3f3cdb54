// The list of clients as IT exports it: columns, separators, quotes, numbers; and what is told where it is wrong.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readClientFile } from '../../relay/directory/client-file.ts';
import { readClientList } from '../../relay/directory/client-list.ts';
import type { ClientRow } from '../../relay/directory/client-rows.ts';
import { describeNumber } from '../../relay/numbers.ts';

let folder = '';
before(async () => void (folder = await mkdtemp(join(tmpdir(), 'ringcue-list-'))));
after(() => rm(folder, { recursive: true }));

const describe = (raw: string): string | null => describeNumber(raw, 'RU').number;

async function readFrom(path: string, fields: readonly string[] = []) {
  const rows: ClientRow[] = [];
  const problems = await readClientFile(path, { describe, fields }, (row) => void rows.push(row));
  return { rows, problems };
}
async function read(text: string | Buffer) {
  const path = join(folder, 'clients.csv');
  await writeFile(path, text);
  return readFrom(path);
}
const problemsOf = async (text: string | Buffer): Promise<string[]> =>
  (await read(text)).problems.map(({ line, message }) => `${line}: ${message}`);

const IVAN = { id: '7', name: 'Иван Петров', numbers: ['+79161234567'], url: null, image: null, fields: {} };

for (const [what, text] of Object.entries({
  'in the order of the manual': 'id,name,numbers\n7,Иван Петров,89161234567\n',
  'in another order, with more columns': 'city,numbers,name,id\nМосква,8 916 123-45-67,Иван Петров,7\n',
  'with semicolons, as Excel writes it': 'id;name;numbers\r\n7;Иван Петров;8 (916) 123-45-67\r\n',
  'with semicolons and commas inside': 'id;name;numbers,phones\r\n7;Иван Петров;9161234567\r\n'.replace(
    ',phones',
    '',
  ),
  'with a byte order mark': '\ufeffid,name,numbers\n7,Иван Петров,+79161234567\n',
  'with a byte order mark and quotes': '\ufeff"id";"name";"numbers"\r\n"7";"Иван Петров";"79161234567"\r\n',
  'with Russian headers': 'Код;Клиент;Телефоны\r\n7;Иван Петров;89161234567\r\n',
  'with headers in capitals and spaces': ' ID , Name ,Numbers \n 7 , Иван Петров , 89161234567 \n',
  'without a line break at its end': 'id,name,numbers\n7,Иван Петров,89161234567',
  'with empty lines': '\nid,name,numbers\n\n\n7,Иван Петров,89161234567\n\n',
  'with a line break in a name': 'id,name,numbers\n7,"Иван\r\nПетров",89161234567\n',
}))
  test(`a list ${what} is read`, async () =>
    assert.deepEqual(await read(text), { rows: [IVAN], problems: [] }));

test('addresses and pictures are taken where they are', async () => {
  const text =
    'id,name,numbers,url,image\n7,Иван Петров,89161234567,https://crm.example/7,data:image/png;base64,AA==\n'.replace(
      'data:image/png;base64,AA==',
      '"data:image/png;base64,AA=="',
    );
  assert.deepEqual((await read(text)).rows, [
    { ...IVAN, url: 'https://crm.example/7', image: 'data:image/png;base64,AA==' },
  ]);
});

test('several numbers in a field are all taken, each once, without what is dialled after them', async () => {
  const field =
    '"8 (916) 123-45-67 (доб. 12), +7 916 123 45 67;101\r\n+44 20 7946 0958 ext. 5/8 495 123-45-67"';
  const { rows, problems } = await read(`id,name,numbers\n7,Иван,${field}\n`);
  assert.deepEqual(problems, []);
  assert.deepEqual(rows[0]?.numbers, ['+79161234567', '101', '+442079460958', '+74951234567']);
});

test('quotes as people write them do not spoil the list', async () => {
  const { rows, problems } = await read(
    'id,name,numbers\n1,ООО "Ромашка",89161234567\n2,"ООО ""Лютик""",101\n',
  );
  assert.deepEqual(problems, []);
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['ООО "Ромашка"', 'ООО "Лютик"'],
  );
});

test('every bad row is named with the line an editor shows, and the good ones are read', async () => {
  const text = [
    'id,name,numbers,url,image', // 1
    '1,Анна,89161234567,,',
    ',Борис,89161234568,,', // 3
    '3,,89161234569,,', // 4
    '"4","Вера',
    'из отдела",нет,,', // the row begins in 5
    '5,Глеб,89161234560,javascript:alert(1),', // 7
    '', // 8
    '6,Дина,7.9161234567E+10,,', // 9
    '7,Ева,"101, кв. 5",,', // 10
    '8,Жан,101', // 11
    '9,Зоя,102,https:crm.example,', // 12
    '10,Ия,103,,data:image/svg+xml;base64', // 13
    '11,Ким,8 916 1234,,', // 14: a short local number may be what it is
  ].join('\r\n');
  const { rows, problems } = await read(text);
  assert.deepEqual(
    rows.map(({ name }) => name),
    ['Анна', 'Ким'],
  );
  assert.deepEqual(
    problems.map(({ line, message }) => `${line}: ${message}`),
    [
      '3: column 1: no id',
      '4: column 2: no name',
      '5: column 3: number 1 of the row is not a phone number',
      '7: column 4: the url must begin with http:// or https://, or a scheme that directory.schemes lists',
      '9: column 3: number 1 of the row is not a phone number',
      '10: column 3: number 2 of the row is not a phone number',
      '11: 3 columns where the first line has 5',
      '12: column 4: the url must begin with http:// or https://, or a scheme that directory.schemes lists',
      '13: column 5: the image must be an http(s) address, or data:image/… of at most 4096 characters',
    ],
  );
});

test('no problem tells a client’s name or number, as it goes into the log', async () => {
  const secrets = /Петров|4567|Ромашка/;
  for (const text of [
    '7,Иван Петров,89161234567\n', // no header: the first client stands in its place
    'id,name,numbers\n7,Иван Петров,Ромашка 4567\n',
    'id,name,numbers\n7,"Петров" Ромашка,4567\n',
    'id,name,numbers\n7,"Петров,4567\n',
    'id,name\n7,Петров,4567\n',
    'id,name,numbers,url\n7,Петров,4567,Ромашка\n',
  ]) {
    const problems = await problemsOf(text);
    assert.equal(problems.length, 1, text);
    assert.doesNotMatch(problems[0] ?? '', secrets);
  }
});

test('a list that is none is told in words', async () => {
  assert.deepEqual(await problemsOf(''), ['1: the file is empty']);
  assert.deepEqual(await problemsOf('\n\n'), ['1: the file is empty']);
  assert.match(
    (await problemsOf('name;phone\nx;y\n'))[0] ?? '',
    /^1: the first line must name .* not found: id$/,
  );
  assert.match((await problemsOf('id,name,numbers\n1,"A,101\n2,B,102\n'))[0] ?? '', /a quote does not close/);
  const gone = await readFrom(join(folder, 'gone.csv'));
  assert.match(gone.problems[0]?.message ?? '', /ENOENT/);
  assert.match((await readFrom(folder)).problems[0]?.message ?? '', /EISDIR/);
});

test('a list in the old Windows alphabet is told, as all names would be question marks', async () => {
  const windows1251 = Buffer.concat([
    Buffer.from('id,name,numbers\n7,'),
    Buffer.of(0xc8, 0xe2, 0xe0, 0xed), // Иван
    Buffer.from(',89161234567\n'),
  ]);
  assert.deepEqual(await problemsOf(windows1251), [
    '2: column 2: it is not UTF-8: save the list as "CSV UTF-8"',
  ]);
});

test('of endless problems the first hundred are told, and no file stays open', async () => {
  const { problems } = await read(`id,name,numbers\n${',x,1\n'.repeat(200_000)}`);
  assert.equal(problems.length, 100);
  const open = await Promise.all(
    (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
  );
  assert.deepEqual(
    open.filter((path) => path.startsWith(folder)),
    [],
  );
});

test('a quote that does not close does not take a huge file into memory', async () => {
  const { rows, problems } = await read(`id,name,numbers\n1,A,101\n2,"B,102\n${'3,C,103\n'.repeat(100_000)}`);
  assert.equal(rows.length, 1);
  assert.match(problems[0]?.message ?? '', /a quote does not close/);
});

/** The longest that this thread was held, as its own processor time: on a busy machine the clock would tell of others. */
async function longestHoldMs(reading: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  let before = process.threadCpuUsage();
  const beating = setInterval(() => {
    const { user, system } = process.threadCpuUsage(before);
    longest = Math.max(longest, (user + system) / 1000);
    before = process.threadCpuUsage();
  }, 1);
  await reading();
  clearInterval(beating);
  return longest;
}

test('a list of 300,000 holds up no ring while it is read', async (t) => {
  const rows = Array.from(
    { length: 300_000 },
    (_, n) => `${n},Клиент ${n},8 (916) ${String(n).padStart(7, '0')}\r\n`,
  );
  const path = join(folder, 'clients.csv');
  await writeFile(path, `id,name,numbers\r\n${rows.join('')}`);
  rows.length = 0;
  const holdMs = await longestHoldMs(async () => {
    const { clients, problems } = await readClientList({ path, country: 'RU', fields: [] });
    assert.deepEqual([clients, problems], [300_000, []]);
  });
  t.diagnostic(`at most ${holdMs.toFixed(1)} ms at a time`);
  assert.ok(holdMs < 50, `${holdMs} ms`);
});

test('who manages a client, his marks and the fields that are listed are read from further columns', async () => {
  const path = join(folder, 'fields.csv');
  await writeFile(
    path,
    'Debt;ID;Name;Numbers;Company;Manager;VIP;blocked;salary\n1 500;7;Иван;101;"ООО ""Ромашка""";102;да;no;9\n;8;Анна;102;;;;1;\n',
  );
  const { rows, problems } = await readFrom(path, ['company', 'debt', 'city']);
  assert.deepEqual(problems, []);
  const shared = { url: null, image: null };
  assert.deepEqual(rows, [
    {
      ...{ id: '7', name: 'Иван', numbers: ['101'], ...shared },
      fields: { company: 'ООО "Ромашка"', debt: '1 500' },
      ...{ manager: '102', isVip: true },
    },
    { id: '8', name: 'Анна', numbers: ['102'], ...shared, fields: {}, isBlocked: true },
  ]);
});
