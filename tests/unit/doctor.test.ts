// What the doctor makes of what it is told: tables of answers and judgements; and the whole of it beside a PBX that does
// what it likes.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as testWithin } from 'node:test';
import { surplusRights } from '../../relay/ami/rights.ts';
import { doctor } from '../../relay/commands/doctor.ts';
import { goThrough } from '../../relay/doctor/checkup.ts';
import type { Check } from '../../relay/doctor/checkup.ts';
import type { Finding, Mark, Told } from '../../relay/doctor/finding.ts';
import * as account from '../../relay/doctor/judge-account.ts';
import { judgeCertificate, judgeListening } from '../../relay/doctor/judge-relay.ts';
import * as way from '../../relay/doctor/judge-way.ts';
import { linesOf } from '../../relay/doctor/report.ts';
import { alike } from '../../relay/said.ts';
import type { Said } from '../../relay/said.ts';
import { block, failure, startFakePbx, success } from '../relay/fake-pbx.ts';
import type { FakePbx } from '../relay/fake-pbx.ts';

const test = (name: string, run: () => void | Promise<void>): void =>
  void testWithin(name, { timeout: 20_000 }, run);

const ACCESS = {
  host: 'pbx.example',
  port: 5038,
  username: 'ringcue',
  isTls: false,
  relayAddress: '192.0.2.10',
};
const NOW = Date.parse('2026-11-28T00:00:00Z');
const DAY_MS = 86_400_000;

// Rights, as Asterisk 16 and 22 list them.

const action = (name: string, classes: string): Record<string, string> => ({
  [name]: `What it does. (well)  (Priv: ${classes})`,
});
const REPORTING = {
  response: 'Success',
  actionid: '1',
  ...action('coreshowchannels', 'system,reporting,all'),
  ...action('showdialplan', 'config,reporting,all'),
  ...action('ping', '<none>'),
};
for (const [what, more, surplus] of [
  ['nothing more', {}, []],
  ['originate', action('originate', 'originate,all'), ['originate']],
  [
    'call, by what is call’s alone',
    { ...action('redirect', 'call,all'), ...action('hangup', 'system,call,all') },
    ['call'],
  ],
  ['what may be either of two', action('hangup', 'system,call,all'), ['system or call']],
  [
    'several',
    {
      ...action('dbput', 'system,all'),
      ...action('command', 'command,all'),
      ...action('reload', 'system,config,all'),
    },
    ['command', 'system'],
  ],
  ['a text that only looks so', { x: '(Priv: originate,all) is not at its end' }, []],
] as const)
  test(`of an account that may use ${what}, what is too much is ${surplus.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(surplusRights({ ...REPORTING, ...more }), surplus);
  });

/** With the same figures, whatever the order; what another program says stays as it is. */
function saysTheSameInRussian({ en, ru }: Said): void {
  assert.doesNotMatch(en, /[а-я]/i);
  if (ru === en) return;
  assert.match(ru, /[а-я]/i);
  const figures = (text: string): string[] => (text.match(/\d+(?:\.\d+)*/g) ?? []).sort();
  assert.deepEqual(figures(ru), figures(en), ru);
}

// Judgements.

const heard = (events: string[], over: Partial<account.Heard> = {}): account.Heard => ({
  ...{ isWanted: true, haveChannelsChanged: false, waitedMs: 3_000, events },
  ...over,
});
const certificate = (from: number, to: number): Finding =>
  judgeCertificate({ names: 'DNS:relay', validFrom: NOW + from * DAY_MS, validTo: NOW + to * DAY_MS }, NOW);
const listening = (...[state]: Parameters<typeof judgeListening> extends [unknown, infer S] ? [S] : never) =>
  judgeListening({ host: '127.0.0.1', port: 8088 }, state);

for (const [finding, mark, text, line] of [
  [way.judgeName('pbx', { addresses: ['10.0.0.1'] }), 'well', /pbx is 10\.0\.0\.1/],
  [way.judgeName('pbx', { error: 'ENOTFOUND' }), 'wrong', /not known here \(ENOTFOUND\).*RINGCUE_AMI_HOST/],
  [way.judgePort(ACCESS, { localAddress: '192.0.2.10' }), 'well', /from 192\.0\.2\.10/],
  [way.judgePort(ACCESS, { error: 'ECONNREFUSED' }), 'wrong', /nobody listens/, 'enabled = yes'],
  [
    way.judgePort({ ...ACCESS, isTls: true, port: 5039 }, { error: 'ECONNREFUSED' }),
    'wrong',
    /nobody listens/,
    'tlsbindaddr = 0.0.0.0:5039',
  ],
  [
    way.judgePort(ACCESS, { error: 'ETIMEDOUT' }),
    'wrong',
    /a firewall swallows it/,
    'iptables -I INPUT -p tcp -s 192.0.2.10 --dport 5038 -j ACCEPT',
  ],
  [
    way.judgeGreeting(ACCESS, { line: 'Asterisk Call Manager/11.0.0' }),
    'well',
    /manager, protocol 11\.0\.0$/,
  ],
  [
    way.judgeGreeting(ACCESS, { line: 'SSH-2.0-\u0007x' }),
    'wrong',
    /no Asterisk manager: it says "SSH-2\.0-\?x"/,
  ],
  [
    way.judgeGreeting(ACCESS, { silence: true }),
    'wrong',
    /says nothing: Asterisk hangs, or TLS/,
    'asterisk -rx "core show uptime"',
  ],
  [way.judgeGreeting(ACCESS, { closed: 'at once' }), 'wrong', /authlimit/],
  [
    way.judgeLogin(ACCESS, { code: 'ami.login-refused', message: '' }),
    'wrong',
    /refused/,
    'permit = 192.0.2.10/255.255.255.255',
  ],
  [
    way.judgeLogin({ ...ACCESS, relayAddress: '2001:db8::7' }, { code: 'ami.login-refused', message: '' }),
    'wrong',
    /refused/,
    'permit = 2001:db8::7/128',
  ],
  [way.judgeLogin(ACCESS, { code: 'ami.no-answer', message: 'no answer' }), 'wrong', /^no answer$/],
  [account.judgeVersion('22.10.1+dfsg'), 'well', /22\.10\.1/],
  [account.judgeVersion('1.8.32'), 'doubtful', /older than 11/],
  [account.judgeVersion(''), 'unknown', /does not tell/],
  [account.judgeChannels(ACCESS, null), 'wrong', /may not ask/, 'write = reporting'],
  [account.judgeChannels(ACCESS, 4), 'well', /now 4/],
  [account.judgeRights(ACCESS, []), 'well', /nothing that the relay does not need/],
  [account.judgeRights(ACCESS, ['agent']), 'doubtful', /needs: agent$/, 'write = reporting'],
  [account.judgeRights(ACCESS, ['originate']), 'doubtful', /call at your expense/, 'write = reporting'],
  [account.judgeRights(ACCESS, null), 'unknown', /did not tell/],
  [account.judgeEvents(ACCESS, heard(['Newchannel'])), 'well', /arrive/],
  [account.judgeEvents(ACCESS, heard([])), 'unknown', /nobody called within 3 s/],
  [
    account.judgeEvents(ACCESS, heard([], { haveChannelsChanged: true })),
    'wrong',
    /no event/,
    'read = call,user',
  ],
  [account.judgeEvents(ACCESS, heard(['VarSet', 'Newchannel'])), 'doubtful', /dialplan/, 'read = call,user'],
  [account.judgeEvents(ACCESS, heard([], { isWanted: false })), 'well', /RINGCUE_AMI_EVENTS/],
  [account.judgePhones([], []), 'unknown', /core show channels concise/],
  [account.judgePhones(['PJSIP/trunk'], []), 'wrong', /none of 1 devices.*PJSIP\/trunk/],
  [account.judgePhones(['PJSIP/101', 'PJSIP/trunk'], ['101']), 'well', /1 phones: 101; 1 devices are none/],
  [account.judgePairing('*77', true, []), 'wrong', /nobody can dial/, 'exten => _*77XXXXXX,1,NoOp()'],
  [account.judgePairing('*77', false, []), 'unknown', /not needed/],
  [
    account.judgePairing('*77', true, [{ context: 'a', pattern: '_*.' }]),
    'wrong',
    /taken by _\*\. in a/,
    ' same => n,Wait(2)',
  ],
  [account.judgePairing('*77', true, [{ context: 'a', pattern: '_*77XXXXXX' }]), 'well', /code in a/],
  [account.judgePairing('*77', true, null), 'unknown', /may not see/],
  [account.judgeClock(200), 'well', /agree/],
  [account.judgeClock(-60_000), 'doubtful', /60\.0 s behind/, 'timedatectl set-ntp true'],
  [account.judgeClock(null), 'unknown', /did not tell/],
  [certificate(-1, 90), 'well', /90 days/],
  [certificate(-1, 13.5), 'doubtful', /in 13 days/],
  [certificate(-90, -1), 'wrong', /expired on 2026-11-27/],
  [certificate(1, 90), 'wrong', /not valid before/],
  [listening({ state: 'free' }), 'well', /free/],
  [listening({ state: 'served' }), 'well', /already/],
  [listening({ state: 'taken' }), 'wrong', /another program/, 'ss -ltnp "sport = :8088"'],
  [listening({ state: 'refused', code: 'EACCES' }), 'wrong', /below port 1024/],
] as [Finding, Mark, RegExp, string?][])
  test(`${mark}: ${finding.text.en}`, () => {
    assert.equal(finding.mark, mark);
    assert.match(finding.text.en, text);
    saysTheSameInRussian(finding.text);
    if (finding.remedy) saysTheSameInRussian(finding.remedy.where);
    if (line === undefined) assert.equal(finding.remedy, null);
    else assert.ok(finding.remedy?.lines.includes(line), finding.remedy?.lines.join('\n'));
  });

test('what needs a thing that is wrong is not asked, nor what needs that', async () => {
  const told: Told[] = [];
  const check = (name: string, needs: string[], mark: Mark): Check => ({
    name,
    needs,
    make: () => ({ mark, text: alike(name), remedy: null }),
  });
  await goThrough(
    'moscow',
    [
      check('a', [], 'doubtful'),
      check('b', ['a'], 'wrong'),
      check('c', ['b'], 'well'),
      check('d', ['c'], 'well'),
      check('e', ['a'], 'well'),
    ],
    (one) => told.push(one),
  );
  assert.equal(told.map(({ mark }) => mark).join(), 'doubtful,wrong,unknown,unknown,well');
  assert.match(told[3]?.text.en ?? '', /needs: c/);
  assert.ok(told.every(({ pbx }) => pbx === 'moscow'));
});

test('a line says of which PBX, and below it stands what to paste where', () => {
  const remedy = { where: alike('manager.conf'), lines: ['[ringcue]', 'write = reporting'] };
  const told: Told = { mark: 'wrong', text: { en: 'no', ru: 'нет' }, remedy, check: 'login', pbx: 'moscow' };
  const below = ['      [ringcue]', '      write = reporting'];
  assert.deepEqual(linesOf(told, 'en'), ['✖ moscow login: no', '    in manager.conf:', ...below]);
  assert.deepEqual(linesOf(told, 'ru'), ['✖ moscow вход: нет', '    сюда: manager.conf:', ...below]);
});

// The whole.

/** What it prints and its exit code. */
async function visit(environment: Record<string, string>, ...parameters: string[]) {
  const said: string[] = [];
  const complained: string[] = [];
  const code = await doctor({
    parameters,
    environment,
    say: (line) => void said.push(line),
    complain: (line) => void complained.push(line),
  });
  return { code, text: said.join('\n'), complained: complained.join('\n') };
}
const at = (pbx: FakePbx): Record<string, string> => ({
  RINGCUE_AMI_HOST: pbx.account.host,
  RINGCUE_AMI_PORT: String(pbx.port),
  RINGCUE_AMI_USERNAME: pbx.account.username,
  RINGCUE_AMI_SECRET: pbx.account.secret,
  RINGCUE_LISTEN: '127.0.0.1:0',
  RINGCUE_AUTH: 'open',
  RINGCUE_COUNTRY: 'RU',
});

/** Answers as a real one does to an account with `write = reporting`. */
async function politePbx(): Promise<FakePbx> {
  const pbx = await startFakePbx();
  pbx.script['coresettings'] = (asked, { send }) => send(success(asked, { AsteriskVersion: '22.10.1' }));
  const commands = ['CoreShowChannels', 'ExtensionStateList', 'ShowDialPlan'];
  pbx.script['listcommands'] = (asked, { send }) =>
    send(success(asked, Object.fromEntries(commands.map((name) => [name, 'x  (Priv: reporting,all)']))));
  pbx.script['showdialplan'] = (asked, { send }) => send(failure(asked, 'Did not find extension *77482193'));
  pbx.script['extensionstatelist'] = (asked, { send }) =>
    send(
      success(asked, { EventList: 'start' }) +
        block({ Event: 'ExtensionStatus', ActionID: asked.id, Hint: 'PJSIP/101&Custom:DND101' }) +
        block({ Event: 'ExtensionStateListComplete', ActionID: asked.id, EventList: 'Complete' }),
    );
  pbx.script['ping'] = (asked, { send }) =>
    send(success(asked, { Ping: 'Pong', Timestamp: (Date.now() / 1000).toFixed(6) }));
  return pbx;
}

test('beside a PBX in order it ends with 0, and has asked nothing that could do anything', async () => {
  await using pbx = await politePbx();
  const { code, text } = await visit(at(pbx), '--wait', '0');
  assert.equal(code, 0, text);
  assert.match(text, /✔ phones: 1 phones: 101$/m);
  assert.match(text, /✔ clock: /);
  const asked = new Set(pbx.sessions.flatMap(({ actions }) => actions.map(({ name }) => name)));
  assert.deepEqual([...asked].sort(), [
    ...['coresettings', 'coreshowchannels', 'extensionstatelist', 'listcommands'],
    ...['login', 'logoff', 'ping', 'showdialplan'],
  ]);
});

test('asked for Russian it says all of it in Russian, and to programs the names of checks stay', async () => {
  await using pbx = await politePbx();
  pbx.script['login'] = (asked, { send }) => send(failure(asked, 'Authentication failed'));
  const { text } = await visit(at(pbx), '--wait', '0', '--language', 'ru');
  assert.match(text, /^✔ настройки: прочитаны; АТС: 1, auth «open»$/m);
  assert.match(
    text,
    /^✖ вход: учётная запись «ringcue» не принята: [^]*\n {4}сюда: manager\.conf на АТС, затем: /m,
  );
  assert.match(text, /^– телефоны: не проверено, сначала нужно: каналы$/m);
  assert.match(text, /^неверно: 1, стоит посмотреть: 0, в порядке: \d, неизвестно: \d+$/m);
  for (const line of text.split('\n').filter((one) => /^[✔✖!–]/.test(one)))
    assert.match(line, /^. [а-я ]+: .*[а-я]/);
  const { text: json } = await visit(at(pbx), '--wait', '0', '--language', 'ru', '--json');
  const { findings } = JSON.parse(json) as { findings: { check: string; text: string }[] };
  assert.match(findings.find(({ check }) => check === 'login')?.text ?? '', /не принята/);
});

test('a PBX that dies in the middle of the questions is told, and the relay’s own side is looked at all the same', async () => {
  await using pbx = await politePbx();
  pbx.script['listcommands'] = () => void pbx.stop();
  const { code, text } = await visit(at(pbx), '--wait', '0');
  assert.equal(code, 1);
  assert.match(text, /✖ rights: 127\.0\.0\.1:\d+ closed the connection/);
  assert.match(text, /✖ clock: Asterisk has closed the session/);
  assert.match(text, /✔ listen: /);
});

test('the secret is never told', async () => {
  await using pbx = await politePbx();
  pbx.script['login'] = (asked, { send }) => send(failure(asked, 'Authentication failed'));
  for (const parameters of [[], ['--json']]) {
    const { code, text } = await visit(at(pbx), ...parameters);
    assert.equal(code, 1);
    assert.ok(text.includes('permit = 127.0.0.1/255.255.255.255') && !text.includes(pbx.account.secret));
  }
});

test('a folder, a port and a list that are no good are told, with a number looked up where it can be', async () => {
  await using pbx = await politePbx();
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-doctor-'));
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  try {
    const list = join(folder, 'clients.csv');
    await writeFile(list, 'id,name,numbers\n7,Anna,8 916 123-45-67\n');
    const settings = {
      ...at(pbx),
      RINGCUE_LISTEN: `127.0.0.1:${(taken.address() as AddressInfo).port}`,
      RINGCUE_DATA: join(folder, 'nowhere'),
      RINGCUE_CLIENTS: list,
    };
    const bad = await visit(settings, '--wait', '0', '--number', '+79161234567');
    assert.match(bad.text, /✖ listen: another program listens/);
    assert.match(bad.text, /✖ data: .*nowhere cannot be written \(ENOENT\)/);
    assert.match(bad.text, /✔ directory: 1 clients .*\+79161234567 is the client with the id 7/);
    assert.doesNotMatch(bad.text, /Anna/);
    await writeFile(list, 'id,name,numbers\n7,Anna,flat 5\n');
    const good = await visit({ ...settings, RINGCUE_DATA: folder }, '--wait', '0');
    assert.match(good.text, /✔ data: /);
    assert.match(good.text, /✖ directory: .*line 2: column 3: number 1 of the row is not a phone number/);
  } finally {
    taken.close();
    await rm(folder, { recursive: true });
  }
});

test('a wrong configuration ends it with 78, and wishes that it does not know with 64', async () => {
  const wrong = await visit({ RINGCUE_AUTH: 'open' });
  assert.equal(wrong.code, 78);
  assert.match(wrong.text, /✖ configuration: RINGCUE_AMI_HOST .* is missing/);
  for (const parameters of [['--loud'], ['--language', 'de'], ['--wait', 'x'], ['--wait', '9999'], ['101']]) {
    const unknown = await visit({}, ...parameters);
    assert.equal(unknown.code, 64, parameters.join(' '));
    assert.match(unknown.complained, /usage: ringcue doctor/);
  }
});
