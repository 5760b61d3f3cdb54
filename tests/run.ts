// What the npm scripts do; `tests/start.js` starts it in the right Node.
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { run } from 'node:test';
import type { TestEvent } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { buildAddOn } from '../extension/build.ts';
import { createReport } from './report.ts';
import { prepareAsterisk } from './setup/asterisk.ts';
import {
  BROWSER_PACKAGES,
  DATABASE_PACKAGES,
  MONITORING_PACKAGES,
  preparePackages,
  TOOL_PACKAGES,
} from './setup/packages.ts';

const FILE_DEADLINE_MS = 8 * 60_000;
/** Three minutes; its tests prepare what they need themselves, and those that run containers are skipped where none can be run. */
const DEPLOY_TESTS = ['tests/deploy/*.test.ts'];

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
    preparePackages(
      [...BROWSER_PACKAGES, ...MONITORING_PACKAGES, ...TOOL_PACKAGES, ...DATABASE_PACKAGES],
      progress,
    ),
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

async function record(): Promise<number> {
  const { runRecord } = await import('./traces/record.ts');
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => ending.abort());
  const { isTTY } = process.stdout;
  let seconds = 0;
  return runRecord({
    parameters,
    environment: process.env,
    folder: callersFolder,
    say: console.log,
    sayProgress: (text) => {
      seconds += 1;
      if (isTTY) process.stdout.write(`\r${text}  `);
      else if (seconds % 10 === 0) console.log(text);
    },
    signal: ending.signal,
  });
}

async function unit(): Promise<number> {
  const report = createReport(process.stdout);
  await runTests(['tests/unit/**/*.test.ts'], 2, report);
  return report.end();
}

async function test(): Promise<number> {
  const report = createReport(process.stdout);
  await setUp();
  const quick = ['house/*', 'unit/**/*', 'relay/*', 'fuzz/*', 'simulation/*', 'operations/*'].map(
    (part) => `tests/${part}.test.ts`,
  );
  await runTests(quick, 2, report);
  // Real Asterisks, phones and browsers keep deadlines in real time: one file at a time.
  await runTests(['tests/lab/*.test.ts', 'tests/browser/*.test.ts'], 1, report);
  // One Asterisk each, which mostly waits.
  await runTests(['tests/lab/scenarios/*.test.ts'], 3, report);
  await runTests(['tests/directory/*.test.ts'], 1, report);
  await runTests(['tests/chaos/*.test.ts'], 1, report);
  await runTests(DEPLOY_TESTS, 1, report);
  return report.end();
}

/** Containers, proxies and units, as companies run them. */
async function deploy(): Promise<number> {
  const report = createReport(process.stdout);
  await prepareAsterisk('22', { progress });
  await runTests(DEPLOY_TESTS, 1, report);
  return report.end();
}

/** Walks the way of a new administrator and writes down what he sees. */
async function transcript(): Promise<number> {
  const { writeTranscript } = await import('./deploy/transcript.ts');
  progress(await writeTranscript(progress));
  return 0;
}

async function packageRelay(): Promise<number> {
  const { packRelay } = await import('../relay/deploy/tarball.ts');
  console.log(await packRelay(callersFolder));
  return 0;
}

async function packageTheAddOn(): Promise<number> {
  const { packageAddOn } = await import('../extension/packaging/package.ts');
  const { values } = parseArgs({
    args: parameters,
    options: { relay: { type: 'string' }, out: { type: 'string' }, key: { type: 'string' } },
  });
  const here = (path: string): string => resolve(callersFolder, path);
  const outDir = values.out === undefined ? resolve('extension/dist/packages') : here(values.out);
  const keyFile =
    values.key === undefined ? join(homedir(), '.config/ringcue/add-on-key.pem') : here(values.key);
  const relay = values.relay ?? null;
  const { files, chromiumId, isKeyNew } = await packageAddOn({ outDir, relay, keyFile });
  for (const file of files) console.log(join(outDir, file));
  if (chromiumId === null)
    progress(
      'For stores only. With -- --relay https://ADDRESS also what your own relay hands out, and policies.',
    );
  else progress(`The id in Chrome and Edge is ${chromiumId}, by the key in ${keyFile}.`);
  if (isKeyNew)
    progress('This key is new. Keep a copy: with another key it is another add-on, which nobody can update.');
  return 0;
}

async function build(): Promise<number> {
  for (const browser of ['chromium', 'firefox'] as const) console.log(await buildAddOn(browser));
  return 0;
}

const BENCHES: Readonly<Record<string, (print: (text: string) => void) => Promise<number> | number>> = {
  latency: async (print) => (await import('./bench/latency.ts')).benchLatency(print),
  poll: async (print) => (await import('./bench/poll.ts')).benchPoll(print),
  ami: async (print) => (await import('./bench/ami.ts')).benchAmi(print),
  fanout: async (print) => (await import('./bench/feed.ts')).benchFanout(print),
  directory: async (print) => (await import('./bench/directory.ts')).benchDirectory(print),
  storm: async (print) => (await import('./bench/feed.ts')).benchStorm(print),
};

async function bench(): Promise<number> {
  const [name = ''] = parameters;
  const known = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (known) return known(console.log);
  process.stderr.write(
    `Which benchmark? Known: ${Object.keys(BENCHES).join(', ')}. Say: npm run bench -- latency\n`,
  );
  return 64;
}

/** Each resolves with the exit code. */
const COMMANDS: Readonly<Record<string, { usage: string; run: () => Promise<number> }>> = {
  test: { usage: 'test [PART OF A FILE NAME …]', run: test },
  unit: { usage: 'unit [PART OF A FILE NAME …]', run: unit },
  demo: { usage: 'demo [--once]', run: demo },
  build: { usage: 'build', run: build },
  package: { usage: 'package [--relay https://ADDRESS] [--out FOLDER] [--key FILE]', run: packageTheAddOn },
  deploy: { usage: 'deploy [PART OF A FILE NAME …]', run: deploy },
  transcript: { usage: 'transcript', run: transcript },
  'package-relay': { usage: 'package-relay', run: packageRelay },
  bench: { usage: 'bench NAME', run: bench },
  lab: {
    usage: 'lab [PART OF A NAME …] [--record]',
    run: async () => (await import('./lab/scenarios/lab.ts')).runLab(parameters, console.log),
  },
  record: { usage: 'record [FILE]', run: record },
  replay: {
    usage: 'replay FILE …',
    run: async () =>
      (await import('./traces/replay-command.ts')).runReplay(parameters, callersFolder, console.log),
  },
  fuzz: {
    usage: 'fuzz [--inputs N] [--seed S]',
    run: async () => (await import('./fuzz/fuzz.ts')).runFuzz(parameters, console.log),
  },
  chaos: {
    usage: 'chaos [--minutes M] [--seed S]',
    run: async () => (await import('./chaos/chaos.ts')).chaos(parameters, console.log),
  },
  lifetime: {
    usage: 'lifetime [--minutes N]',
    run: async () => (await import('./browser/lifetime.ts')).runLifetime(parameters, console.log),
  },
  sbom: {
    usage: 'sbom',
    run: async () => {
      process.stdout.write(await (await import('./operations/sbom.ts')).makeSbom());
      return 0;
    },
  },
  simulate: {
    usage: 'simulate [--worlds N] [--seed S]',
    run: async () => (await import('./simulation/simulate.ts')).simulate(parameters, console.log),
  },
};

async function main(): Promise<number> {
  const command = Object.hasOwn(COMMANDS, mode) ? COMMANDS[mode] : undefined;
  if (command) return command.run();
  const usages = Object.values(COMMANDS).map(({ usage }) => usage);
  process.stderr.write(`No such command: ${mode}. Known: ${usages.join(', ')}.\n`);
  return 64;
}

process.exitCode = await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
});
