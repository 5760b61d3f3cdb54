// vCards of all versions, as address books and telephones write them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cardsIn, readCard } from '../../relay/directory/vcard.ts';

const read = (...lines: string[]) => readCard(['BEGIN:VCARD', ...lines, 'END:VCARD'].join('\r\n'));

for (const [what, lines] of Object.entries({
  'version 3': [
    'VERSION:3.0',
    'UID:u1',
    'FN:Анна Петрова',
    'TEL;TYPE=CELL:+7 916 123-45-67',
    'ORG:Ромашка\\, ООО;Отдел',
  ],
  'version 4': [
    'VERSION:4.0',
    'UID:u1',
    'FN:Анна Петрова',
    'TEL;VALUE=uri;TYPE="voice,cell":tel:+7 916 123-45-67',
    'ORG:Ромашка\\, ООО',
  ],
  'version 2.1, quoted-printable': [
    'VERSION:2.1',
    'UID:u1',
    'FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=90=D0=BD=D0=BD=D0=B0=20=D0=9F=D0=B5=D1=82=D1=80=D0=BE=\r\n=D0=B2=D0=B0',
    'TEL;CELL:+7 916 123-45-67',
    'ORG;CHARSET=WINDOWS-1251;ENCODING=QUOTED-PRINTABLE:=D0=EE=EC=E0=F8=EA=E0, =CE=CE=CE',
  ],
  'with groups and folded lines': [
    'UID:u1',
    'item1.FN:Анна Пет',
    ' рова',
    'item2.TEL;type=CELL;type=pref:+7 916 123',
    '\t-45-67',
    'ORG:Ромашка\\, ООО;',
  ],
  'small letters, without FN': ['uid:u1', 'n:Петрова;Анна;;;', 'tel:+7 916 123-45-67', 'org:Ромашка\\, ООО'],
}))
  test(`a card in ${what} is read`, () => {
    const { id, name, numbers, company } = read(...lines);
    assert.deepEqual(
      { id, name, numbers, company },
      { id: 'u1', name: 'Анна Петрова', numbers: ['+7 916 123-45-67'], company: 'Ромашка, ООО' },
    );
  });

test('a card of a company is called by its company; without UID a card is known by its name; a fax is no telephone', () => {
  const { id, name, numbers, company } = read(
    'ORG:ООО Ромашка',
    'TEL;TYPE=FAX:1',
    'TEL:2',
    'TEL;HOME;VOICE:3',
  );
  assert.deepEqual(
    { id, name, numbers, company },
    { id: 'ООО Ромашка', name: 'ООО Ромашка', numbers: ['2', '3'], company: '' },
  );
});

test('of a file every whole card is read', () => {
  const text = 'x\nBEGIN:VCARD\nFN:a\nEND:VCARD\r\nBEGIN:VCARD\r\nFN:b\r\nEND:VCARD\r\nBEGIN:VCARD\nFN:c\n';
  assert.deepEqual(
    [...cardsIn(text)].map((card) => readCard(card)['name']),
    ['a', 'b'],
  );
});

test('cards that are nonsense are read quickly, and are nobody', () => {
  const startedAt = performance.now();
  for (const part of ['FN:', ';', ':', '=\r\n', '"', 'A;B="', '\\', '=D0', '\r\n ', 'BEGIN:VCARD\n'])
    for (const card of [`BEGIN:VCARD\n${part.repeat(50_000)}\nEND:VCARD`])
      for (const one of cardsIn(card)) readCard(one);
  assert.ok(performance.now() - startedAt < 3_000);
});
