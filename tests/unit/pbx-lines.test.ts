// What the documentation tells IT to write on the PBX: the page is as its source makes it, and the event filter lets pass
// what is read and nothing that only looks like it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { EVENTS_READ } from '../../relay/ami/events.ts';
import { pbxLines } from '../../relay/commands/pbx-lines.ts';
import { eventFilter, managerAccount, pbxPage } from '../../relay/pbx-lines.ts';

async function ringcuePbxLines(parameters: readonly string[] = []) {
  const [out, error]: [string[], string[]] = [[], []];
  const say = (line: string): void => void out.push(line);
  const complain = (line: string): void => void error.push(line);
  const code = await pbxLines({ parameters, environment: {}, say, complain });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

test('the page of the PBX’s side is as its source makes it', async () => {
  const { code, out } = await ringcuePbxLines();
  const page = readFileSync(new URL('../../relay/deploy/PBX.md', import.meta.url), 'utf8');
  assert.equal(code, 0);
  assert.equal(page, `${out}\n`, 'run: ringcue pbx-lines > relay/deploy/PBX.md');
  assert.equal((await ringcuePbxLines(['asterisk'])).code, 64);
});

test('every kind of PBX has the account, the pairing and clean caller ids, each with where and what then', () => {
  const account = { username: 'ringcue', secret: 's', permit: '192.0.2.10', events: null };
  const page = pbxPage({ account, pairing: 'PAIRING\n' }, EVENTS_READ);
  const sections = page.split(/^## /m).slice(1, -1);
  assert.deepEqual(
    sections.map((section) => section.split('\n')[0]),
    ['Plain Asterisk 11 to 22', 'FreePBX', 'Issabel', 'MikoPBX'],
  );
  for (const section of sections) {
    assert.deepEqual(
      [...section.matchAll(/^### (.*)$/gm)].map(([, title]) => title),
      ['The account', 'Pairing a phone', 'Clean caller ids'],
    );
    for (const needed of ['192.0.2.10', 'PAIRING', 'FILTER(+0-9', 'Where: ', 'Then: ', /reporting/i])
      assert.match(section, needed instanceof RegExp ? needed : new RegExp(needed.replace(/[(+]/g, '\\$&')));
    const rights = [...section.matchAll(/^(?:read|write)\s*[=:]\s*(.*)$/gm)].map(([, right = '']) =>
      right.toLowerCase(),
    );
    assert.deepEqual(
      rights.map((right) => right.replaceAll(' ', '')),
      ['call,user', 'reporting'],
    );
  }
});

test('no account is given more than it needs', () => {
  const lines = managerAccount({ username: 'u', secret: 's', permit: '192.0.2.10', events: ['Hangup'] });
  assert.equal(
    lines,
    `[u]
secret = s
deny = 0.0.0.0/0.0.0.0
permit = 192.0.2.10/255.255.255.255
read = call,user
write = reporting
eventfilter = ^Event: (Hangup)[^A-Za-z]
`,
  );
});

test('a relay that is reached by IPv6 is permitted alone, too', () => {
  const lines = managerAccount({ username: 'u', secret: 's', permit: '2001:db8::10', events: null });
  assert.match(lines, /\ndeny = 0\.0\.0\.0\/0\.0\.0\.0\ndeny = ::\/0\npermit = 2001:db8::10\/128\n/);
});

test('the event filter passes each event that is read, and neither another nor one that quotes it', () => {
  const filter = new RegExp(eventFilter(EVENTS_READ).replace('eventfilter = ', ''));
  assert.ok(EVENTS_READ.includes('NewConnectedLine') && EVENTS_READ.length > 15);
  for (const name of EVENTS_READ) assert.match(`Event: ${name}\r\nPrivilege: call,all\r\n`, filter);
  for (const text of [
    'Event: HangupRequest\r\nPrivilege: call,all\r\n',
    'Event: VarSet\r\nValue: x\r\n\r\nEvent: Hangup\r\nChannel: PJSIP/101-1\r\n',
    'Event: DialState\r\n',
  ])
    assert.doesNotMatch(text, filter);
});
