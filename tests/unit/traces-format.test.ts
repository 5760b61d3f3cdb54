// Files of recorded sessions: both kinds read as the same moments, and one that is none is refused with place and remedy.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { findRecordings, readRecording, RECORDINGS } from '../traces/recording.ts';
import { runReplay } from '../traces/replay-command.ts';
import { replay } from '../traces/replay.ts';
import { openTraceFile, writeTraceFile } from '../traces/trace-file.ts';
import type { Moment } from '../traces/trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'ringcue-traces-'));
after(() => rmSync(folder, { recursive: true }));
const ANSWERED = `${RECORDINGS}asterisk-11/a_answered_caller_hangs.ami`;

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function replayed(...parameters: string[]): { code: number; text: string } {
  const said: string[] = [];
  const code = runReplay(parameters, folder, (text) => said.push(text));
  return { code, text: said.join('\n') };
}

test('a recording of bytes can be written as a trace, packed or not, and is the same', () => {
  const original = readRecording(ANSWERED);
  for (const name of ['same.trace', 'same.trace.gz']) {
    writeTraceFile(join(folder, name), original);
    assert.deepEqual(readRecording(join(folder, name)), original);
  }
});

test('of the recordings of Asterisk 11 only what the relay gets is read', () => {
  const events = findRecordings([`${RECORDINGS}asterisk-11`])
    .flatMap((path) => readRecording(path).moments)
    .flatMap((moment) => ('event' in moment ? [moment.event] : []));
  assert.ok(events.length > 300);
  assert.deepEqual(
    events.filter(
      ({ privilege }) => privilege !== undefined && !/^(call|user),/.test([privilege].flat()[0] ?? ''),
    ),
    [],
  );
  assert.deepEqual(
    events.filter((packet) => Object.keys(packet)[0] === 'response'),
    [],
  );
});

test('a killed PBX is a lost link and a new session', () => {
  const { moments } = readRecording(`${RECORDINGS}asterisk-11/q_kill9_restart.ami`);
  assert.deepEqual(
    moments.filter((moment) => 'lost' in moment),
    [{ ms: 2174, lost: 'ami.closed' }],
  );
});

test('nothing before a session’s first poll is told', () => {
  const polled = (ms: number) => [
    { ms, asked: ms },
    { ms, answered: ms, packets: [{ event: 'CoreShowChannelsComplete', listitems: '0' }] },
  ];
  const ringing = { channelstate: '5', uniqueid: '1.1', connectedlinenum: '+79161234567' };
  const ring: Moment[] = [
    { ms: 2, event: { event: 'Newchannel', channel: 'SIP/101-00000001', ...ringing } },
    {
      ms: 2,
      event: {
        event: 'DialBegin',
        channel: 'SIP/t-1',
        uniqueid: '1.0',
        destchannel: 'SIP/101-00000001',
        destuniqueid: '1.1',
      },
    },
    { ms: 3, event: { event: 'Newstate', channel: 'SIP/101-00000001', ...ringing } },
  ];
  const told = (...moments: Moment[]) =>
    replay({ header: { trace: 1 }, moments }, { sources: 'events only', pollEveryMs: 250 }).length;
  assert.notEqual(told(...polled(1), ...ring), 0);
  assert.equal(told(...ring), 0);
  assert.equal(told(...polled(1), { ms: 1, lost: 'ami.closed' }, ...ring), 0);
});

test('after a moment that was too much for the file nothing follows, however small', () => {
  const file = openTraceFile(join(folder, 'bound.trace'), { trace: 1 }, 200);
  assert.equal(file.add({ ms: 1, asked: 1 }), true);
  assert.equal(file.add({ ms: 2, mark: 'x'.repeat(200) }), false);
  assert.equal(file.add({ ms: 3, asked: 2 }), false);
  file.close();
  assert.deepEqual(readRecording(join(folder, 'bound.trace')).moments, [{ ms: 1, asked: 1 }]);
  assert.throws(() => openTraceFile(join(folder, 'bound.trace'), { trace: 1 }, 200), /is there already/);
});

test('a trace whose last line was cut off is read up to there', () => {
  const path = written('cut.trace', '{"trace":1}\n{"ms":1,"asked":1}\n{"ms":2,"answ');
  assert.deepEqual(readRecording(path).moments, [{ ms: 1, asked: 1 }]);
});

test('what is no trace is refused, with its place and what to do', () => {
  written('bad.trace', '{"trace":1}\n{"ms":1,"asked":1}\n{"ms":"2"}\n{"ms":3,"asked":2}\n');
  const { code, text } = replayed('bad.trace');
  assert.equal(code, 1);
  assert.match(text, /bad\.trace, line 3: .*record once more/);
  written('other.trace', 'Hello\n');
  assert.match(replayed('other.trace').text, /line 1: this is no trace.*npm run record/);
  assert.match(replayed('other.txt').text, /other\.txt cannot be read/);
  written('packed.trace.gz', 'no gzip');
  assert.match(replayed('packed.trace.gz').text, /packed\.trace\.gz cannot be read/);
  assert.match(replayed(written('notes.md', '')).text, /is no recording: give a \.trace/);
  written('pattern.trace', '{"trace":1,"extensions":"("}\n');
  assert.match(replayed('pattern.trace').text, /line 1/);
  assert.equal(replayed('--nonsense').code, 64);
});

test('the replay tells each change with its time, and each story by each method', () => {
  assert.match(replayed(ANSWERED).text, /^ +\d+ ms {2}101 {2}ringing\(\+79161234567\)$/m);
  const { text } = replayed('--methods', ANSWERED.replace(/ami$/, 'times'));
  assert.match(text, /polls 1 s +101: ringing/);
  assert.equal(replayed('--check', ANSWERED).code, 0);
});
