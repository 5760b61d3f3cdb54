// What the npm scripts do: `test` (everything, with its set-up), `unit` (seconds, no set-up), `demo`, `build`,
// `bench NAME`, `replay FILE …`, `fuzz` (inputs at random for the AMI side).
// `tests/start.js` starts it in the right Node.
import { globSync } from 'node:fs';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { buildAddOn } from '../extension/build.ts';
import { createReport } from './report.ts';
import { prepareAsterisk } from './setup/asterisk.ts';
import { BROWSER_PACKAGES, preparePackages } from './setup/packages.ts';

const FILE_DEADLINE_MS = 8 * 60_000;

const [mode = 'test', ...parameters] = process.argv.slice(2);
/** npm goes to the top; paths are meant from where it was called. */
const callersFolder = process.env['INIT_CWD'] ?? process.cwd();
const progress = (text: string): void => void process.stdout.write(`· ${text}\n`);

/** Runs test files and counts what passed; `concurrency` files at a time. */
async function runTests(
  patterns: readonly string[],
  concurrency: number,
  report: ReturnType<typeof createReport>,
) {
  const known = globSync([...patterns]).sort();
  const wanted =
    parameters.length > 0 ? known.filter((file) => parameters.some((part) => file.includes(part))) : known;
  if (wanted.length === 0) return;
  for await (const event of run({ files: wanted, concurrency, timeout: FILE_DEADLINE_MS }))
    report.take(event as TestEvent);
}

async function setUp(): Promise<void> {
  const startedAt = performance.now();
  await Promise.all([
    preparePackages(BROWSER_PACKAGES, progress),
    prepareAsterisk('16', { progress }),
    prepareAsterisk('22', { progress }),
  ]);
  await buildAddOn('chromium');
  await buildAddOn('firefox');
  progress(`set up in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
}

async function demo(): Promise<number> {
  const { runDemo } = await import('./demo/demo.ts');
  const ending = new AbortController();
  process.on('SIGTERM', () => {
    if (!ending.signal.aborted)
      process.stdout.write('\nEnding: this call is played to its end, then all is put away …\n');
    ending.abort();
  });
  const isEndless = process.stdout.isTTY && !parameters.includes('--once');
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  if (isEndless) say('Calls go on until you press Ctrl-C.');
  await runDemo({ say, signal: ending.signal, isEndless });
  return 0;
}

async function main(): Promise<number> {
  const report = createReport(process.stdout);
  switch (mode) {
    case 'unit':
      await runTests(['tests/unit/**/*.test.ts'], 2, report);
      return report.end();
    case 'test':
      await setUp();
      await runTests(['tests/house/*.test.ts', 'tests/unit/**/*.test.ts', 'tests/fuzz/*.test.ts'], 2, report);
      // Real Asterisks, phones and browsers keep deadlines in real time: one file at a time.
      await runTests(['tests/lab/*.test.ts', 'tests/browser/*.test.ts'], 1, report);
      return report.end();
    case 'build':
      for (const browser of ['chromium', 'firefox'] as const) console.log(await buildAddOn(browser));
      return 0;
    case 'bench':
      if (parameters[0] === 'latency') return (await import('./bench/latency.ts')).benchLatency(console.log);
      if (parameters[0] === 'poll') return (await import('./bench/poll.ts')).benchPoll(console.log);
      if (parameters[0] === 'ami') return (await import('./bench/ami.ts')).benchAmi(console.log);
      process.stderr.write('Which benchmark? Known: latency, poll, ami. Say: npm run bench -- latency\n');
      return 64;
    case 'fuzz':
      return (await import('./fuzz/fuzz.ts')).runFuzz(parameters, console.log);
    case 'demo':
      return demo();
    case 'replay':
      return (await import('./traces/replay-command.ts')).runReplay(parameters, callersFolder, console.log);
    default:
      process.stderr.write(
        `No such command: ${mode}. Known: test [PART OF A FILE NAME …], unit [the same], demo [--once], build, bench NAME, replay FILE …, fuzz [--inputs N] [--seed S].\n`,
      );
      return 64;
  }
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
});
