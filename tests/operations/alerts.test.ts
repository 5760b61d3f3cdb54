// The alerts as Prometheus reads them: promtool checks the rules, plays them against made-up series, and reads what a
// relay really says at /metrics.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { startFakePbx } from '../relay/fake-pbx.ts';
import { startRelay } from '../relay/relay-process.ts';

const FOLDER = fileURLToPath(new URL('../../relay/deploy/prometheus/', import.meta.url));
const DEADLINE_MS = 60_000;

/** What promtool says, and whether it is content. */
const promtool = (parameters: readonly string[], input = ''): Promise<{ code: number; said: string }> =>
  new Promise((resolve, reject) => {
    const child = execFile(
      'promtool',
      parameters,
      { cwd: FOLDER, timeout: DEADLINE_MS },
      (error, out, err) => {
        if (error && typeof error.code !== 'number') reject(new Error(error.message));
        else resolve({ code: error ? Number(error.code) : 0, said: out + err });
      },
    );
    child.stdin?.end(input);
  });

test('Prometheus takes the rules', async () => {
  const { code, said } = await promtool(['check', 'rules', 'alerts.yaml']);
  assert.equal(code, 0, said);
});

test('each alert fires when it should and is silent beside what is usual', async () => {
  const { code, said } = await promtool(['test', 'rules', 'alerts.test.yaml']);
  assert.equal(code, 0, said);
  const { groups } = parse(readFileSync(`${FOLDER}alerts.yaml`, 'utf8')) as {
    groups: { rules: { alert: string }[] }[];
  };
  const { tests } = parse(readFileSync(`${FOLDER}alerts.test.yaml`, 'utf8')) as { tests: { name: string }[] };
  for (const { alert } of groups.flatMap(({ rules }) => rules))
    for (const what of [`${alert} fires`, `${alert} is silent`])
      assert.ok(
        tests.some(({ name }) => name === what),
        `no test says "${what}"`,
      );
});

test('what a relay says at /metrics is as Prometheus wants metrics', async () => {
  await using fake = await startFakePbx();
  await using relay = await startRelay(fake.account);
  await relay.isReady();
  const metrics = await (await fetch(`http://${relay.address}/metrics`)).text();
  const { code, said } = await promtool(['check', 'metrics'], metrics);
  const ours = said.split('\n').filter((line) => line.startsWith('ringcue_'));
  assert.deepEqual(ours, []);
  assert.ok(code === 0 || code === 3, said); // 3: it finds fault with names of the client library's own
});
