// Recording a live session: what is written, how it ends, and that nothing but reading is done. The far side is a fake, as
// a real Asterisk does not lose its link at will; tests/lab records a real one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { event, failure, snapshot, startFakePbx, success } from '../relay/fake-pbx.ts';
import type { FakePbx } from '../relay/fake-pbx.ts';
import { waitFor } from '../relay/wait.ts';
import { runRecord } from '../traces/record.ts';
import { readRecording } from '../traces/recording.ts';
import { replay, storiesOf } from '../traces/replay.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringcue-record-'));
after(() => rmSync(folder, { recursive: true }));

async function openPbx(): Promise<FakePbx> {
  const pbx = await startFakePbx();
  pbx.script['coresettings'] = (action, { send }) =>
    send(success(action, { AsteriskVersion: '22.10.1', AMIversion: '11.0.0' }));
  return pbx;
}

function begin(pbx: FakePbx, file: string, ...parameters: string[]) {
  const { host, port, username, secret } = pbx.account;
  const stopping = new AbortController();
  const said: string[] = [];
  const ended = runRecord({
    parameters: [file, ...parameters],
    environment: {
      RINGCUE_AMI_HOST: host,
      RINGCUE_AMI_PORT: String(port),
      RINGCUE_AMI_USERNAME: username,
      RINGCUE_AMI_SECRET: secret,
      RINGCUE_COUNTRY: 'RU',
      RINGCUE_EXTENSIONS: 'phone-(\\d+)',
      RINGCUE_PHONES: 'sales-desk=150',
    },
    folder,
    say: (text) => said.push(text),
    sayProgress: () => undefined,
    signal: stopping.signal,
  });
  const stop = () => {
    stopping.abort();
    return ended;
  };
  const says = (text: string) =>
    waitFor(
      () => said.join('\n').includes(text),
      5_000,
      () => `not said: ${text}, but ${said.join('\n')}`,
    );
  return { ended, stop, said, says, path: join(folder, file) };
}

describe('npm run record', () => {
  test('writes a call that can be replayed, without its people, over a lost link, and only reads', async () => {
    await using pbx = await openPbx();
    const { stop, says, said, path } = begin(pbx, 'call.trace');
    await says('press Ctrl-C');
    const onDesk = snapshot({ Channel: 'PJSIP/sales-desk-00000001', ConnectedLineName: 'Anna Ivanova' });
    const down = { ChannelState: 0, ChannelStateDesc: 'Down' };
    pbx.session().send(event('Newchannel', { ...onDesk, ...down }) + event('Newstate', onDesk));
    pbx.rows = [{ ...onDesk, Application: 'AppDial' }];
    const asked = pbx.session().actions.length;
    await pbx.asked('coreshowchannels', asked + 2);
    const actions = new Set(pbx.session().actions.map(({ name }) => name));
    assert.deepEqual([...actions].sort(), ['coresettings', 'coreshowchannels', 'events', 'login']);
    assert.match(
      pbx.session().actions.find(({ name }) => name === 'events')?.text ?? '',
      /EventMask: call\r?$/im,
    );

    await pbx.stop();
    pbx.rows = [];
    await pbx.start();
    await waitFor(
      () => pbx.sessions.length === 2,
      5_000,
      () => 'it did not connect again',
    );
    await pbx.asked('coreshowchannels', 2);
    assert.equal(await stop(), 0);
    await pbx.asked('logoff');
    assert.match(said.join('\n'), /npm run replay .*call\.trace/);

    const trace = readRecording(path);
    assert.equal(trace.header.asterisk, 'Asterisk 22.10.1, AMI 11.0.0');
    assert.equal(trace.header.extensions, '\\d{2,6}|150');
    assert.match(storiesOf(replay(trace))['150'] ?? '', /^ringing\(\+79161(?!234567)\d{6}\) ended lost$/);
    assert.doesNotMatch(readFileSync(path, 'utf8'), /9161234567|Anna|Ivanova|sales-desk|fake-pbx-secret/);
  });

  test('ends at its bound, with whole lines', async () => {
    await using pbx = await openPbx();
    const { ended, says, said, path } = begin(pbx, 'bound.trace', '--megabytes', '0.01');
    await says('press Ctrl-C');
    for (let index = 0; index < 100; index += 1) pbx.session().send(event('Newstate', snapshot()));
    assert.equal(await ended, 0);
    assert.match(said.join('\n'), /reached 0.01 megabytes/);
    assert.ok(readFileSync(path).length <= 10_000);
    assert.ok(readRecording(path).moments.length > 10);
  });

  test('ends when its time is over', async () => {
    await using pbx = await openPbx();
    const { ended, said } = begin(pbx, 'time.trace', '--minutes', '0.005');
    assert.equal(await ended, 0);
    assert.match(said.join('\n'), /The time is over/);
  });

  test('says what is wrong: the account, the settings, the file', async () => {
    await using pbx = await openPbx();
    pbx.script['coreshowchannels'] = (action, { send }) => send(failure(action, 'Permission denied'));
    const refused = begin(pbx, 'refused.trace');
    assert.equal(await refused.ended, 1);
    assert.match(refused.said.join('\n'), /write = reporting/);
    await pbx.asked('logoff');

    const environment = { RINGCUE_AMI_HOST: 'pbx' };
    const said: string[] = [];
    const options = { folder, said, sayProgress: () => undefined, signal: new AbortController().signal };
    const say = (text: string) => said.push(text);
    assert.equal(await runRecord({ ...options, say, parameters: [], environment }), 78);
    assert.match(said.join('\n'), /RINGCUE_AMI_USERNAME/);

    assert.equal(await begin(pbx, 'call.trace').ended, 1);
    assert.equal(await begin(pbx, 'x.trace', '--minutes', 'many').ended, 64);
  });
});

test('a full disk is said, and what was written before is whole', () => {
  const path = join(folder, 'full.trace');
  const script = `
    import { openTraceFile } from ${JSON.stringify(new URL('../traces/trace-file.ts', import.meta.url).href)};
    const file = openTraceFile(${JSON.stringify(path)}, { trace: 1 }, 1e6);
    try { for (let ms = 0; ; ms += 1) file.add({ ms, mark: 'x'.repeat(100) }); }
    catch (error) { console.log(error.message); file.close(); }`;
  // A bound of the shell's [ulimit -f] is to a process what the disk's end is.
  const { stdout } = spawnSync(
    'bash',
    ['-c', 'ulimit -f 8; exec "$0" --input-type=module -e "$1"', process.execPath, script],
    {
      encoding: 'utf8',
      timeout: 20_000,
    },
  );
  assert.match(stdout, /the disk is full/);
  assert.ok(readRecording(path).moments.length > 20);
  assert.ok(readFileSync(path, 'utf8').endsWith('}\n'));
});
