// A real Prometheus asks a real relay: every rule of the alerts is evaluated without a fault, and when the PBX goes the alert
// about that begins, with the PBX's name.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startFakePbx } from '../relay/fake-pbx.ts';
import { startRelay } from '../relay/relay-process.ts';
import { waitFor } from '../relay/wait.ts';

const ALERTS = fileURLToPath(new URL('../../relay/deploy/prometheus/alerts.yaml', import.meta.url));
const DEADLINE_MS = 20_000;

type Rule = {
  name: string;
  health: string;
  lastError?: string;
  state: string;
  alerts: { labels: Record<string, string> }[];
};

/** Prometheus in a folder of its own on a port of its choice, asking `target` each second; ended by its pid. */
async function startPrometheus(target: string) {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-prometheus-'));
  const config = join(folder, 'prometheus.yaml');
  await writeFile(
    config,
    `global: { scrape_interval: 1s, evaluation_interval: 1s }
rule_files: ['${ALERTS}']
scrape_configs: [{ job_name: ringcue, static_configs: [{ targets: ['${target}'] }] }]
`,
  );
  const child = spawn(
    'prometheus',
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      '--web.listen-address=127.0.0.1:0',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  let address = '';
  child.on('error', (error) => (said += error.message));
  createInterface({ input: child.stderr }).on('line', (line) => {
    said += `${line}\n`;
    address = /msg="Listening on" address=(\S+)/.exec(line)?.[1] ?? address;
  });
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.pid !== undefined) {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const killer = setTimeout(() => child.kill('SIGKILL'), 5_000);
      await exited;
      clearTimeout(killer);
    }
    await rm(folder, { recursive: true });
  };
  try {
    await waitFor(
      () => address !== '',
      DEADLINE_MS,
      () => `Prometheus does not listen: ${said}`,
    );
  } catch (error) {
    await end();
    throw error;
  }
  const rules = async (): Promise<Rule[]> => {
    const reply = await fetch(`http://${address}/api/v1/rules`);
    const { data } = (await reply.json()) as { data: { groups: { rules: Rule[] }[] } };
    return data.groups.flatMap((group) => group.rules);
  };
  return { rules, [Symbol.asyncDispose]: end };
}

test('a real Prometheus evaluates every alert on a real relay, and sees the PBX go', async () => {
  await using fake = await startFakePbx();
  await using relay = await startRelay(fake.account);
  await relay.isReady();
  await using prometheus = await startPrometheus(relay.address);
  let rules: Rule[] = [];
  const isSoon = async (fits: () => boolean, what: string): Promise<void> => {
    const deadline = performance.now() + DEADLINE_MS;
    while (!fits()) {
      if (performance.now() > deadline) assert.fail(`${what}: ${JSON.stringify(rules)}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
      rules = await prometheus.rules();
    }
  };
  const stateOf = (name: string) => rules.find((rule) => rule.name === name)?.state;
  await isSoon(
    () => rules.length > 0 && rules.every(({ health }) => health === 'ok'),
    'every rule is evaluated',
  );
  await isSoon(() => stateOf('RingcueDown') === 'inactive', 'the relay is seen');
  assert.equal(stateOf('RingcuePbxDown'), 'inactive');
  await fake.stop();
  await isSoon(() => stateOf('RingcuePbxDown') === 'pending', 'the alert begins');
  const alert = rules.find(({ name }) => name === 'RingcuePbxDown')?.alerts[0];
  assert.deepEqual([alert?.labels['pbx'], alert?.labels['severity']], ['pbx', 'critical']);
});
