// `npm run chaos -- --minutes M --seed S`: calls go on all the time while one thing after the other breaks, and at the end
// every screen is held against what the PBX did. Called by tests/run.ts and chaos.test.ts.
import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { now } from '../lab/until.ts';
import { createRandom, type Random } from '../simulation/random.ts';
import { check, type Convergence, type Finding, type Verdict } from './checker.ts';
import type { Run, Seen } from './facts.ts';
import { FAULTS, type FaultKind } from './faults.ts';
import { startTraffic, type Traffic } from './traffic.ts';
import { openWorld, type World } from './world.ts';

/** What is promised to everybody. */
const PROMISE = { promiseMs: 2_000, usualMs: 500 };
/** Whoever was away for a minute is back within two seconds and an attempt; and missed calls are judged once they are old. */
const SETTLING_MS = 10_000;
const LOOK_EVERY_MS = 3_000;
const PROGRESS_EVERY_MS = 15_000;
const FINDINGS_TOLD = 25;

export type ChaosOptions = {
  minutes: number;
  seed: number;
  /** Of add-ons without a browser, per extension. */
  screensEach: number;
  hasBrowser: boolean;
  /** See `Run`. */
  promiseMs: number;
  usualMs: number;
  /** Where all that was seen is written, to be looked at; null: nowhere. */
  factsFile: string | null;
  say: (text: string) => void;
};

export type Outcome = Verdict & {
  rings: number;
  screens: number;
  calls: number;
  spoiled: number;
  faults: ReadonlyMap<string, number>;
  leftOut: readonly string[];
};

export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const { minutes, seed, promiseMs, usualMs, say } = options;
  const random = createRandom(seed);
  await using world = await openWorld({ ...options, random: () => random.next() });
  say(
    `· ${world.shown().length} screens hold their lines; ${minutes} minutes of calls and faults, seed ${seed}`,
  );
  const traffic = startTraffic(world.office, createRandom(seed + 1));
  const ending = new AbortController();
  const run: Run = {
    rings: world.truth.rings,
    screens: [],
    faults: [],
    seen: [],
    log: [],
    promiseMs,
    usualMs,
    startedAt: now(),
    endedAt: 0,
  };
  const lane = (isPartial: boolean) =>
    breakThings(world, isPartial, createRandom(seed + (isPartial ? 2 : 3)), run, ending.signal);
  const lanes = [lane(false), lane(true), lookAtMissed(world, createRandom(seed + 4), run, ending.signal)];
  const telling = setInterval(() => say(progress(run, traffic)), PROGRESS_EVERY_MS);
  try {
    await Promise.race([sleep(minutes * 60_000, undefined, { ref: false }), ...lanes]); // a lane only ends by failing
  } finally {
    clearInterval(telling);
    ending.abort();
    void traffic.stop(); // where a fault could not be made, the process must still end
  }
  await Promise.all(lanes);
  await traffic.stop();
  await sleep(SETTLING_MS);
  run.endedAt = now();
  run.screens = world.shown();
  for (const { name, blind } of run.screens)
    if (blind?.at(-1)?.to === Infinity)
      say(`${name} is still blind: ${world.screens.find((one) => one.name === name)?.describe()}`);
  if (options.factsFile !== null) await writeFile(options.factsFile, JSON.stringify(run, writable));
  const verdict = check(run);
  return {
    ...verdict,
    rings: run.rings.length,
    screens: run.screens.length,
    calls: traffic.calls,
    spoiled: traffic.spoiled,
    faults: countBy(run.log.map(({ kind }) => kind)),
    leftOut: FAULTS.flatMap((fault) => {
      const reason = fault.leftOut?.(world) ?? null;
      return reason === null ? [] : [`${fault.kind}: ${reason}`];
    }),
  };
}

const writable = (_key: string, value: unknown): unknown => {
  if (value instanceof Set) return [...(value as Set<unknown>)];
  return value === Infinity ? null : value;
};

/** One fault after the other, with a pause in which everything must be right again, until it is told to end. */
async function breakThings(
  world: World,
  isPartial: boolean,
  random: Random,
  run: Run,
  signal: AbortSignal,
): Promise<void> {
  const bag = FAULTS.filter(
    (fault) => fault.isPartial === isPartial && (fault.leftOut?.(world) ?? null) === null,
  ).flatMap((fault): FaultKind[] => Array.from({ length: fault.share }, () => fault));
  while (!signal.aborted) {
    await sleep(PROMISE.promiseMs + random.next() * 6_000);
    if (signal.aborted) return;
    const fault = random.pick(bag);
    // Short ones are as likely as long ones.
    const lastsMs =
      fault.shortest * (Math.max(fault.longest, 1) / Math.max(fault.shortest, 1)) ** random.next();
    const from = now();
    const window = await fault.run(world, lastsMs, random).catch((error: unknown) => {
      throw new Error(`the fault "${fault.kind}" could not be made`, { cause: error });
    });
    run.log.push({ kind: fault.kind, from, to: now() });
    if (window) run.faults.push({ ...window, kind: fault.kind, hides: fault.hides });
  }
}

/** Now and then somebody looks at a missed call, on one of his devices. */
async function lookAtMissed(world: World, random: Random, run: Run, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(random.next() * LOOK_EVERY_MS);
    const screen = random.pick(world.screens);
    if (screen.blind?.at(-1)?.to === Infinity) continue; // it would tell the others when it sees again
    const number = screen.lookAtMissed();
    const seen: Seen | null = number === null ? null : { at: now(), extension: screen.extension, number };
    if (seen) run.seen.push(seen);
  }
}

const progress = ({ rings, log }: Run, traffic: Traffic): string =>
  `· ${traffic.calls} calls, ${rings.length} rings, ${log.length} faults`;

function countBy(words: readonly string[]): ReadonlyMap<string, number> {
  return new Map([...Map.groupBy(words, (word) => word)].map(([word, same]) => [word, same.length]));
}

/** The figures of a run, as a page of text. */
export function report(outcome: Outcome): string {
  const { findings, convergences, shown } = outcome;
  const count = (what: string) => findings.filter((finding) => finding.what.startsWith(what)).length;
  const kinds = [
    'lost ring',
    'ghost',
    'double',
    'wrong person',
    'late',
    'lost missed',
    'late missed',
    'false missed',
    'still unseen',
  ];
  const lines = [
    `${outcome.calls} calls (${outcome.spoiled} spoiled by faults), ${outcome.rings} rings of phones, ${shown} shown on ${outcome.screens} screens`,
    `${(outcome.strict * 100).toFixed(0)} % of all screens' time was judged without any excuse`,
    `faults: ${[...outcome.faults].map(([kind, times]) => `${kind} ${times}`).join(' · ')}`,
    ...outcome.leftOut.map((text) => `left out: ${text}`),
    ...table(convergences),
    ...findings.slice(0, FINDINGS_TOLD).map(told),
    ...(findings.length > FINDINGS_TOLD ? [`… and ${findings.length - FINDINGS_TOLD} more`] : []),
    kinds.map((kind) => `${kind} ${count(kind)}`).join(' · '),
  ];
  return lines.join('\n');
}

const told = ({ what, screen, number, at, forMs }: Finding): string =>
  `  ${what}: ${screen}, caller ${number ?? '–'}, at ${at.toFixed(0)}${forMs > 0 ? ` for ${forMs.toFixed(0)} ms` : ''}`;

/** Of each kind of fault: how soon after it every screen was right. */
function table(convergences: readonly Convergence[]): string[] {
  const kinds = new Map<string, number[]>([['all', convergences.map(({ tookMs }) => tookMs)]]);
  for (const { kind, tookMs } of convergences) kinds.set(kind, [...(kinds.get(kind) ?? []), tookMs]);
  const rows = [...kinds].map(([kind, times]) => {
    const sorted = times.sort((a, b) => a - b);
    const at = (share: number) =>
      (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
    return `${kind.padEnd(28)} ${[at(0.5), at(0.99), at(1)].map((text) => text.padStart(7)).join('')}  (${sorted.length})`;
  });
  return [`${'right again after, ms'.padEnd(28)}     p50    p99    max`, ...rows];
}

export async function chaos(parameters: readonly string[], say: (text: string) => void): Promise<number> {
  const { values } = parseArgs({
    args: [...parameters],
    options: {
      minutes: { type: 'string', default: '5' },
      seed: { type: 'string', default: '1' },
      facts: { type: 'string' },
      'no-browser': { type: 'boolean', default: false },
    },
  });
  const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
  if (!(minutes > 0) || !Number.isSafeInteger(seed)) {
    say('Say: npm run chaos -- --minutes 30 --seed 1');
    return 64;
  }
  const outcome = await runChaos({
    minutes,
    seed,
    screensEach: 20,
    hasBrowser: !values['no-browser'],
    ...PROMISE,
    factsFile: values.facts ?? null,
    say,
  });
  say(report(outcome));
  say(outcome.findings.length === 0 ? 'PASS' : 'FAIL');
  return outcome.findings.length === 0 ? 0 : 1;
}
