// `ringcue doctor` at real Asterisks: with an account as it should be, too weak in each way, too strong, refused; with TLS;
// and while Asterisk hangs or is gone. What it says is what IT reads.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startRelay } from '../relay/relay-process.ts';
import { createAuthority } from '../setup/certificates.ts';
import type { Authority, Pair } from '../setup/certificates.ts';
import { PBX_HOST } from './configuration.ts';
import { freeze } from './freeze.ts';
import { openOffice } from './office.ts';
import type { Office } from './office.ts';

const MAIN = fileURLToPath(new URL('../../relay/main.ts', import.meta.url));
const DEADLINE_MS = 60_000;

/** Accounts of this test, beside those of the lab: what stands in read and write. */
const ACCOUNTS = {
  strong: ['all', 'all'],
  caller: ['call,user', 'reporting,originate'],
  changer: ['call,user', 'reporting,system'],
  deaf: ['', 'reporting'],
  blind: ['call,user', ''],
  gossip: ['call,user,security', 'reporting'],
} as const;
const section = (name: string, [read, write]: readonly [string, string]): string =>
  `[${name}]\nsecret = lab\nread = ${read}\nwrite = ${write}\n`;
const ELSEWHERE =
  '[elsewhere]\nsecret = lab\ndeny = 0.0.0.0/0.0.0.0\npermit = 192.0.2.1/255.255.255.255\nread = call\nwrite = reporting\n';

type Finding = {
  check: string;
  mark: string;
  text: string;
  remedy: { where: string; lines: string[] } | null;
};
type Visit = { code: number | null; marks: Record<string, string>; of(check: string): Finding };

/** What the doctor says about this PBX. `settings` over sensible ones. */
async function visit(
  { ami }: Office,
  settings: Record<string, string>,
  parameters: readonly string[] = ['--wait', '0'],
): Promise<Visit> {
  const child = spawn(process.execPath, [MAIN, 'doctor', '--json', ...parameters], {
    env: {
      PATH: process.env['PATH'],
      RINGCUE_AMI_HOST: ami.host,
      RINGCUE_AMI_PORT: String(ami.port),
      RINGCUE_AMI_SECRET: 'lab',
      RINGCUE_LISTEN: '127.0.0.1:0',
      RINGCUE_AUTH: 'open',
      RINGCUE_COUNTRY: 'RU',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: DEADLINE_MS,
  });
  let out = '';
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const { findings } = JSON.parse(out) as { findings: Finding[] };
  return {
    code,
    marks: Object.fromEntries(findings.map(({ check, mark }) => [check, mark])),
    of: (check) => {
      const found = findings.find((one) => one.check === check);
      assert.ok(found, `nothing was said about ${check}: ${out}`);
      return found;
    },
  };
}

const asLab = ({ ami }: Office) => ({
  RINGCUE_AMI_USERNAME: ami.accounts.ringcue.username,
  RINGCUE_AMI_SECRET: ami.accounts.ringcue.secret,
});

for (const asterisk of ['16', '22'] as const)
  describe(`the doctor at Asterisk ${asterisk}`, () => {
    let authority: Authority;
    let office: Office;
    let tlsPort: number;
    before(async () => {
      authority = await createAuthority();
      const pair: Pair = await authority.sign('asterisk');
      tlsPort = 20_000 + Math.floor(Math.random() * 12_000);
      const accounts = Object.entries(ACCOUNTS).map(([name, rights]) => section(name, rights));
      office = await openOffice({
        asterisk,
        driver: 'pjsip',
        phones: ['101'],
        additions: {
          'manager.conf':
            `[general](+)\ntlsenable = yes\ntlsbindaddr = ${PBX_HOST}:${tlsPort}\ntlscertfile = ${pair.cert}\n` +
            `tlsprivatekey = ${pair.key}\n${accounts.join('')}${ELSEWHERE}`,
          'extensions.conf': '[internal](+)\nexten => 101,hint,PJSIP/101\nexten => 102,hint,PJSIP/102\n',
        },
      });
    });
    after(async () => {
      await office?.[Symbol.asyncDispose]();
      await authority?.[Symbol.asyncDispose]();
    });

    test('with the account that the README gives everything is in order, and it ends with 0', async () => {
      const told = await visit(office, asLab(office));
      assert.equal(told.code, 0);
      for (const check of ['name', 'port', 'greeting', 'login', 'version', 'channels', 'rights', 'phones'])
        assert.equal(told.marks[check], 'well', `${check}: ${told.of(check).text}`);
      for (const check of ['pairing', 'clock', 'listen'])
        assert.equal(told.marks[check], 'well', `${check}: ${told.of(check).text}`);
      assert.match(told.of('version').text, new RegExp(`^Asterisk ${asterisk}\\.`));
      assert.match(told.of('phones').text, /^2 phones: 101, 102/);
      assert.match(told.of('pairing').text, /\*77 and a code in internal/);
      assert.equal(told.marks['events'], 'unknown', 'nobody has called');
    });

    test('events are heard when somebody calls meanwhile, and missed where the account gets none', async () => {
      const caller = office.client({ number: '+79161234567' });
      const both = Promise.all([
        visit(office, asLab(office), ['--wait', '15']),
        visit(office, { RINGCUE_AMI_USERNAME: 'deaf' }, ['--wait', '4']),
      ]);
      for (const AccountID of ['ringcue', 'deaf'])
        await office.operator.event({ Event: 'SuccessfulAuth', AccountID });
      await caller.calls(office.phone('101'));
      await office.phone('101').rings();
      await setTimeout(1_000); // as long as a person lets it ring, and longer than from look to look
      await caller.hangsUp();
      const [good, deaf] = await both;
      assert.match(good.of('events').text, /^events of calls arrive/);
      assert.equal(deaf.marks['events'], 'wrong', deaf.of('events').text);
      assert.deepEqual(deaf.of('events').remedy?.lines, ['[deaf]', 'read = call,user']);
      assert.equal(deaf.code, 1);
    });

    for (const [username, rights] of [
      ['strong', /originate.*system.*call at your expense/],
      ['caller', /needs: originate, with which/],
      ['changer', /needs: system, with which/],
    ] as const)
      test(`an account that may do too much (${username}) is told by its rights, and nothing has happened`, async () => {
        const before = office.asterisk.operator.messages.length;
        const told = await visit(office, { RINGCUE_AMI_USERNAME: username });
        assert.equal(told.marks['rights'], 'doubtful');
        assert.match(told.of('rights').text, rights);
        assert.deepEqual(told.of('rights').remedy?.lines, [`[${username}]`, 'write = reporting']);
        assert.equal(told.code, 0, 'the relay works all the same');
        const names = office.asterisk.operator.messages
          .slice(before)
          .map(({ fields }) => fields['Event'] ?? '');
        assert.deepEqual(
          names.filter((name) => !/^(?:SuccessfulAuth|)$/.test(name)),
          [],
        );
      });

    test('an account that hears more than it needs is told so', async () => {
      for (const username of ['strong', 'gossip']) {
        const told = await visit(office, { RINGCUE_AMI_USERNAME: username }, ['--wait', '3']);
        assert.match(told.of('events').text, /does not need \((?:.*, )?security/, username);
        assert.deepEqual(told.of('events').remedy?.lines, [`[${username}]`, 'read = call,user']);
      }
    });

    test('an account that may not ask is told what to give it', async () => {
      const told = await visit(office, { RINGCUE_AMI_USERNAME: 'blind' });
      assert.equal(told.code, 1);
      assert.equal(told.marks['channels'], 'wrong');
      assert.ok(told.of('channels').remedy?.lines.includes('write = reporting'));
      assert.equal(told.marks['phones'], 'unknown', 'what needs it is not asked');
    });

    test('a wrong secret and an address that is not permitted are told with the whole account to paste', async () => {
      for (const settings of [
        { RINGCUE_AMI_USERNAME: 'strong', RINGCUE_AMI_SECRET: 'wrong' },
        { RINGCUE_AMI_USERNAME: 'elsewhere' },
        { RINGCUE_AMI_USERNAME: 'nobody' },
      ]) {
        const told = await visit(office, settings);
        assert.equal(told.code, 1);
        assert.match(
          told.of('login').text,
          /is refused: .*permit lines leave out this machine \(127\.0\.0\.1\)/,
        );
        assert.deepEqual(told.of('login').remedy?.lines, [
          `[${settings.RINGCUE_AMI_USERNAME}]`,
          'secret = THE-SAME-AS-RINGCUE_AMI_SECRET',
          'deny = 0.0.0.0/0.0.0.0',
          'permit = 127.0.0.1/255.255.255.255',
          'read = call,user',
          'write = reporting',
        ]);
        assert.doesNotMatch(JSON.stringify(told.of('login')), /"lab"|= lab|= wrong/);
      }
    });

    test('what it gives to paste is what Asterisk takes', async () => {
      const refused = await visit(office, { RINGCUE_AMI_USERNAME: 'pasted' });
      const lines = refused.of('login').remedy?.lines ?? [];
      const file = `${office.asterisk.folder}/etc/manager.conf`;
      await appendFile(file, `\n${lines.join('\n').replace(/^secret = .*$/m, 'secret = lab')}\n`);
      await office.asterisk.operator.ask({ Action: 'Command', Command: 'manager reload' });
      const told = await visit(office, { RINGCUE_AMI_USERNAME: 'pasted' });
      assert.deepEqual(
        [told.marks['login'], told.marks['channels'], told.marks['rights']],
        ['well', 'well', 'well'],
      );
    });

    test('a phone that no setting fits is told with the devices there are', async () => {
      const told = await visit(office, { ...asLab(office), RINGCUE_EXTENSIONS: '9\\d\\d' });
      assert.equal(told.marks['phones'], 'wrong');
      assert.match(told.of('phones').text, /none of 2 devices.*PJSIP\/101/);
    });

    test('over TLS with its authority named everything is in order, the relay sees calls, and a hang within 5 s', async () => {
      const tls = {
        ...asLab(office),
        RINGCUE_AMI_PORT: String(tlsPort),
        RINGCUE_AMI_TLS: 'yes',
        RINGCUE_AMI_TLS_CA: authority.caFile,
      };
      const told = await visit(office, tls);
      assert.equal(told.code, 0);
      assert.match(told.of('greeting').text, /its certificate is in order/);
      await using relay = await startRelay({ ...office.ami, ...office.ami.accounts.ringcue }, tls);
      await relay.isReady();
      const client = office.client({ number: '+74957770001' });
      await client.calls(office.phone('101'));
      await office.phone('101').rings();
      await relay.logs(({ msg, state }) => msg === 'call' && state === 'ringing', 'the ring');
      await client.hangsUp();
      await relay.logs(({ msg, reason }) => msg === 'call' && reason === 'missed', 'that it was missed');
      await freeze(office.asterisk.processId);
      try {
        const startedAt = performance.now();
        const down = await relay.logs(({ msg }) => msg === 'pbx down', 'that Asterisk hangs');
        const tookMs = Math.round(performance.now() - startedAt);
        console.log(`  a hang behind TLS was found after ${tookMs} ms: ${String(down['code'])}`);
        assert.ok(tookMs < 5_000, `${tookMs} ms`);
      } finally {
        process.kill(office.asterisk.processId, 'SIGCONT');
      }
    });

    test('TLS that is not to be trusted, not there, or not asked for is told with the setting', async () => {
      const tls = { ...asLab(office), RINGCUE_AMI_PORT: String(tlsPort), RINGCUE_AMI_TLS: 'yes' };
      assert.match((await visit(office, tls)).of('greeting').text, /signed by nobody.*ami\.tlsCa/);
      const named = { ...tls, RINGCUE_AMI_TLS_CA: authority.caFile };
      const other = await visit(office, { ...named, RINGCUE_AMI_TLS_NAME: 'pbx.example' });
      assert.match(other.of('greeting').text, /is for .*localhost.* and not for pbx\.example/);
      const plainPort = await visit(office, { ...named, RINGCUE_AMI_PORT: String(office.ami.port) });
      assert.match(plainPort.of('greeting').text, /there is no TLS on that port/);
      const unasked = await visit(office, { ...tls, RINGCUE_AMI_TLS: 'no' });
      assert.match(unasked.of('greeting').text, /TLS is spoken there \(then set RINGCUE_AMI_TLS=yes\)/);
    });

    test('an Asterisk that hangs is told as such, in time', async () => {
      await freeze(office.asterisk.processId);
      try {
        const told = await visit(office, asLab(office));
        assert.equal(told.marks['port'], 'well');
        assert.match(told.of('greeting').text, /accepts the connection and says nothing: Asterisk hangs/);
        assert.equal(told.marks['login'], 'unknown');
        assert.equal(told.code, 1);
      } finally {
        process.kill(office.asterisk.processId, 'SIGCONT');
      }
    });

    test('an Asterisk that is down is told as such', async () => {
      await office.losesPower();
      const told = await visit(office, asLab(office));
      assert.match(told.of('port').text, /nobody listens at/);
      assert.ok(told.of('port').remedy?.lines.includes('enabled = yes'));
      assert.equal(told.marks['greeting'], 'unknown');
      assert.equal(told.code, 1);
    });
  });

test('at chan_sip the phones are known by its peers, without a hint', { timeout: DEADLINE_MS }, async () => {
  await using office = await openOffice({ asterisk: '16', driver: 'sip', phones: ['101'] });
  const told = await visit(office, asLab(office));
  assert.match(told.of('phones').text, /^5 phones: 101, 102, 103, 104, 105; 1 devices are none/);
});
