// What IT watches a relay with: every metric that an alert or the board names is there, every alert has its entry in the
// runbook, and `ringcue status` says on one screen how it is.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { parse } from 'yaml';
import { status } from '../../relay/commands/status.ts';
import { quantileOf, readMetrics } from '../../relay/prometheus-text.ts';
import { renderStatus, statusOf } from '../../relay/status.ts';
import type { Status } from '../../relay/status.ts';
import packageFile from '../../package.json' with { type: 'json' };
import { snapshot, startFakePbx } from './fake-pbx.ts';
import { startRelay } from './relay-process.ts';
import { watch } from './watcher.ts';

const deployed = (path: string): string =>
  readFileSync(new URL(`../../relay/deploy/${path}`, import.meta.url), 'utf8');

type Rule = {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: Record<string, string>;
};
const rules = (parse(deployed('prometheus/alerts.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap(
  (group) => group.rules,
);

/** The expressions of the board, wherever they stand in it. */
function expressionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === 'expr' && typeof inner === 'string' ? [inner] : expressionsIn(inner),
  );
}
const namesIn = (expression: string): string[] =>
  [...expression.matchAll(/\b(?:ringcue|nodejs|process)_\w+/g)].map(([name]) => name);

/** What a relay with everything in use says. */
let metrics = '';
let told: { code: number; out: string; json: Status };

before(async () => {
  const data = mkdtempSync(join(tmpdir(), 'ringcue-watching-'));
  await using fake = await startFakePbx();
  await using relay = await startRelay(fake.account, { RINGCUE_DATA: data });
  await relay.isReady();
  await relay.logs(({ msg }) => msg === 'journal: kept', 'that the journal is kept');
  await using watcher = await watch(relay.feedUrl, '101');
  fake.rows = [snapshot({ Application: 'AppDial' })];
  await watcher.isTold(({ state }) => state === 'ringing', 'a ring');
  metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  told = await askStatus(relay.address);
  rmSync(data, { recursive: true });
});

const environmentOf = (address: string) => ({
  RINGCUE_AMI_HOST: '127.0.0.1',
  RINGCUE_AMI_USERNAME: 'u',
  RINGCUE_AMI_SECRET: 's',
  RINGCUE_AUTH: 'open',
  RINGCUE_COUNTRY: 'RU',
  RINGCUE_LISTEN: address,
});

async function ringcueStatus(address: string, parameters: readonly string[] = []) {
  const [out, error]: [string[], string[]] = [[], []];
  const code = await status({
    parameters,
    environment: environmentOf(address),
    say: (line) => void out.push(line),
    complain: (line) => void error.push(line),
  });
  return { code, out: out.join('\n'), error: error.join('\n') };
}

async function askStatus(address: string) {
  const { code, out } = await ringcueStatus(address);
  return { code, out, json: JSON.parse((await ringcueStatus(address, ['--json'])).out) as Status };
}

test('every metric that the board or an alert names is one that a relay tells', () => {
  const known = new Set(
    [...metrics.matchAll(/^# TYPE (\w+) (\w+)$/gm)].flatMap(([, name = '', type]) =>
      type === 'histogram' ? ['_bucket', '_sum', '_count'].map((part) => name + part) : [name],
    ),
  );
  const board = expressionsIn(JSON.parse(deployed('grafana/ringcue.json')));
  assert.ok(board.length > 20, 'the expressions of the board were found');
  const named = [...board, ...rules.map(({ expr }) => expr)].flatMap(namesIn);
  assert.deepEqual(
    [...new Set(named)].filter((name) => !known.has(name)),
    [],
  );
});

test('the board shows every metric of ours', () => {
  const shown = new Set(expressionsIn(JSON.parse(deployed('grafana/ringcue.json'))).flatMap(namesIn));
  const ours = [...metrics.matchAll(/^# TYPE (ringcue_\w+) (\w+)$/gm)].map(([, name = '', type]) =>
    type === 'histogram' ? `${name}_bucket` : name,
  );
  assert.deepEqual(
    ours.filter((name) => !shown.has(name)),
    [],
  );
});

test('every alert says how bad it is, and has an entry in the runbook behind its link', () => {
  const headings = [...deployed('RUNBOOK.md').matchAll(/^## (\w+)$/gm)].map(([, heading = '']) => heading);
  assert.deepEqual(
    headings,
    rules.map(({ alert }) => alert),
    'in the same order',
  );
  for (const { alert, labels, annotations } of rules) {
    assert.match(labels.severity, /^(critical|warning|info)$/, alert);
    assert.match(annotations['summary'] ?? '', /\.$/, alert);
    assert.equal(annotations['runbook_url']?.split('RUNBOOK.md#')[1], alert.toLowerCase());
  }
});

test('the runbook links to what is there', () => {
  const anchors = new Set(
    [...deployed('RUNBOOK.md').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => heading.toLowerCase()),
  );
  for (const [, anchor = ''] of deployed('RUNBOOK.md').matchAll(/\]\(#([\w-]+)\)/g))
    assert.ok(anchors.has(anchor), anchor);
});

test('metrics are read as they are written: labels with quotes, numbers of all kinds, buckets', () => {
  const rows = readMetrics(
    '# HELP a b\na 1\nb{x="1",y="a \\"quoted\\\\ \\n, text"} -2.5e3\nc{} +Inf 1700000000000\nd NaN\nnonsense\n',
  );
  assert.deepEqual(rows, [
    { name: 'a', labels: {}, value: 1 },
    { name: 'b', labels: { x: '1', y: 'a "quoted\\ \n, text' }, value: -2500 },
    { name: 'c', labels: {}, value: Infinity },
    { name: 'd', labels: {}, value: NaN },
  ]);
  const buckets = readMetrics('h_bucket{le="+Inf"} 10\nh_bucket{le="0.1"} 5\nh_bucket{le="1"} 9\n');
  assert.deepEqual(
    [0.5, 0.9, 0.99].map((part) => quantileOf(buckets, 'h', part)),
    [0.1, 1, Infinity],
  );
  assert.equal(quantileOf(readMetrics('h_bucket{le="+Inf"} 0\n'), 'h', 0.5), null);
});

test('ringcue status tells a relay that is well, for people and for programs', () => {
  assert.equal(told.code, 0);
  const { json } = told;
  assert.deepEqual(
    [json.version, json.isReady, json.missing, json.sessions, json.journal],
    [
      packageFile.version,
      true,
      [],
      { connected: 1, turnedAway: 0, tooSlow: 0 },
      { isUp: true, written: 0, dropped: 0 },
    ],
  );
  assert.ok((json.pbxs[0]?.polledSecondsAgo ?? Infinity) < 30 && json.upSeconds < 60);
  const shape = told.out.replaceAll(/\d+(?:\.\d+)?/g, 'N');
  assert.equal(
    shape,
    `✔ Ringcue N.N  N.N:N, for N s; ready
✔ PBX pbx        seen, polled N s ago, polls take within N ms, N faults since the start
✔ add-ons        N connected, N turned away, N let go as too slow
✔ lines          N sent, half of the changes within N ms, N % within N ms
✔ clients        N in the list
✔ journal        kept, N written, N dropped
✔ process        N MB, held up for N ms at most (N %)`,
  );
});

test('ringcue status tells what is wrong', () => {
  const text = renderStatus(
    statusOf({
      address: '127.0.0.1:8088',
      isReady: false,
      readiness: ['moscow: no answer', ''],
      nowSeconds: 1_000_000,
      metrics: `ringcue_build_info{version="1.2.3",node="24.0.0"} 1
process_start_time_seconds 820000
ringcue_pbx_up{pbx="moscow"} 0
ringcue_pbx_faults_total{pbx="moscow",code="ami.no-answer"} 7
ringcue_pbx_up{pbx="kazan"} 1
ringcue_poll_complete_timestamp_seconds{pbx="kazan"} 999700
ringcue_ami_doubts_total{pbx="kazan"} 3
ringcue_sessions 12
ringcue_sessions_refused_total 4
ringcue_sessions_closed_total{code="4001"} 2
ringcue_sessions_closed_total{code="4000"} 9
ringcue_clients 5
ringcue_client_rows_refused 1
ringcue_journal_up 0
ringcue_journal_dropped_total 8
ringcue_config_taken 0
nodejs_eventloop_lag_p99_seconds 0.3
process_resident_memory_bytes 99000000
`,
    }),
  );
  assert.equal(
    text,
    `✖ Ringcue 1.2.3  127.0.0.1:8088, for 2 days; not ready
✖ missing        moscow: no answer
✖ PBX moscow     not seen, never polled, 7 faults since the start
✔ PBX kazan      seen, polled 5 min ago, 0 faults since the start, 3 torn or forged blocks
! add-ons        12 connected, 4 turned away, 2 let go as too slow
✔ lines          0 sent
! clients        5 in the list, 1 rows refused
! journal        not kept now, 0 written, 8 dropped
! settings       the last reload found them wrong: see the log
! process        99 MB, held up for 300 ms at most (99 %)`,
  );
});

test('where no relay answers ringcue status says so, and ends with 1', async () => {
  await using fake = await startFakePbx(); // something else that listens there
  const { code, error } = await ringcueStatus(`127.0.0.1:${fake.port}`);
  assert.equal(code, 1);
  assert.match(error, new RegExp(`^No relay answers at 127\\.0\\.0\\.1:${fake.port}: `));
  assert.equal((await ringcueStatus('127.0.0.1:1', ['--jsno'])).code, 64);
});
