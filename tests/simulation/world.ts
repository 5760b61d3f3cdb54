// One seeded world: an office with its PBX, a relay that watches it, what happens between them, and what is checked.
// Deterministic: the same seed (and the same steps) give the same world. Called by `simulate.ts` and the tests.
//
//   kind      what goes wrong                                        what must be told
//   calm      nothing; a poll follows every step                     exactly what happened
//   hasty     nothing is lost, but polls come when they like, late   exactly what happened, where events can tell it
//   faulty    packets, polls and links get lost, Asterisk restarts   nothing impossible; the truth, once all is quiet
import { dialect11 } from './dialect-11.ts';
import { dialect12 } from './dialect-12.ts';
import { finish } from './calls.ts';
import { endConsultations } from './consultations.ts';
import { checkLine, checkNothingLeft, checkParties, checkStories } from './checks.ts';
import { describeInput } from './input-text.ts';
import { Broken } from './invariants.ts';
import { createOffice, forgetEverybody } from './office.ts';
import { OPERATIONS } from './operations.ts';
import { createPbx } from './pbx.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { createSimulatedRelay } from './relay.ts';
import { createTruth } from './truth.ts';
import { createWire } from './wire.ts';

export type Step = { name: string; seed: number };
export type Outcome = { seed: number; title: string; steps: Step[]; broken: string | null; inputs: number };

const FAULTS = ['loseLink', 'reconnect', 'restart', 'tear', 'settle', 'settle', 'settle'];

export type WorldOptions = {
  /** Only these, rather than what the seed draws: for finding the fewest that still fail. */
  steps?: readonly Step[];
  /** Told of every step and input, for a person to read. */
  trace?: (text: string) => void;
};

export function runWorld(seed: number, { steps: given, trace }: WorldOptions = {}): Outcome {
  const seeds = createRandom(seed);
  const kind = seeds.pick(['calm', 'hasty', 'faulty'] as const);
  const dialect = seeds.pick([dialect11, dialect12]);
  const technology = dialect.version === '11' ? 'SIP' : seeds.pick(['SIP', 'PJSIP']);
  const extensions = Array.from({ length: 2 + seeds.below(5) }, (_, n) => String(101 + n));
  const length = 5 + seeds.below(26);
  const world = createWorld({ kind, dialect, technology, extensions, seeds, trace });
  const steps: Step[] = [];
  const outcome = (broken: string | null): Outcome => ({
    seed,
    title: `${kind}, Asterisk ${dialect.version === '11' ? '11' : `12+ ${technology}`}, ${extensions.length} phones`,
    steps,
    broken,
    inputs: world.relay.board.inputs,
  });
  try {
    for (const step of given ?? drawSteps(seeds, length, kind === 'faulty')) {
      steps.push(step);
      if (!world.step(step)) steps.pop();
    }
    world.end();
    return outcome(null);
  } catch (error) {
    if (error instanceof Broken) return outcome(error.message);
    return outcome(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
}

function* drawSteps(seeds: Random, length: number, isFaulty: boolean): Generator<Step> {
  const names = Object.keys(OPERATIONS);
  const total = names.reduce((sum, name) => sum + (OPERATIONS[name]?.weight ?? 0), 0);
  // Half of all draws find nobody in the place for them.
  for (let n = 0; n < length * 2; n += 1) {
    let at = seeds.next() * total;
    const name = names.find((one) => (at -= OPERATIONS[one]?.weight ?? 0) < 0) ?? '';
    yield { name, seed: seeds.below(2 ** 31) };
    if (isFaulty && seeds.chance(0.15)) yield { name: seeds.pick(FAULTS), seed: seeds.below(2 ** 31) };
  }
}

type Made = {
  kind: 'calm' | 'hasty' | 'faulty';
  dialect: typeof dialect11;
  technology: string;
  extensions: readonly string[];
  seeds: Random;
  trace: ((text: string) => void) | undefined;
};

function createWorld({ kind, dialect, technology, extensions, seeds, trace }: Made) {
  let now = 1_700_000_000_000;
  const random = createRandom(seeds.below(2 ** 31));
  const [isCalm, isFaulty] = [kind === 'calm', kind === 'faulty'];
  const truth = createTruth();
  const relay = createSimulatedRelay({
    extensions,
    now: () => now,
    isDirectorySlow: seeds.chance(0.5),
    onInput: (input) => trace?.(`  ${describeInput(input)}`),
    onTold: (text) => trace?.(`    → ${text}`),
  });
  const pbx = createPbx({
    dialect,
    technology,
    random,
    now: () => now,
    send: (packet) => wire.send(packet),
    onMoment: () => wire.onMoment(),
  });
  const loss = isFaulty ? seeds.pick([0, 0.02, 0.1]) : 0;
  const wire = createWire({ relay, random, rows: pbx.rows, isCalm, isLossy: isFaulty, loss });
  const office = createOffice({ pbx, truth, random, extensions, isCalm, isFaulty });
  const checked = { relay, truth };

  const pass = (ms: number): void => {
    const until = now + ms;
    while (relay.nextTick() <= until) {
      now = Math.max(now, relay.nextTick());
      relay.tick();
    }
    now = until;
    if (!isCalm && random.chance(0.1)) relay.tick();
  };
  const settle = (): void => {
    wire.settle(() => pass(isCalm ? 200 : 1_100));
    for (const extension of extensions) checkLine(checked, extension);
  };
  const restart = (): void => {
    wire.drop();
    pbx.restart();
    for (const call of truth.calls) truth.end(call, ['lost']);
    forgetEverybody(office);
    pass(2_000);
  };
  const faults: Readonly<Record<string, () => void>> = {
    loseLink: wire.drop,
    reconnect: wire.reconnect,
    restart,
    tear: wire.tear,
    settle,
  };
  wire.settle(() => undefined); // the first poll of the session

  return {
    relay,
    /** false: it could not be done. */
    step({ name, seed }: Step): boolean {
      random.reseed(seed);
      const lasts = random.chance(0.02) ? 70_000 : 200 + random.below(3_000);
      trace?.(`${name} ${seed}`);
      if (faults[name]) faults[name]();
      else if (!OPERATIONS[name]?.run(office)) return false;
      // What waits to be delivered does so within the step, lest a second pass between two words of one happening.
      if (kind === 'hasty') wire.deliver();
      if (isCalm) settle();
      pass(lasts);
      if (random.chance(0.3)) relay.answerDirectory();
      return true;
    },
    end(): void {
      random.reseed(1);
      settle();
      trace?.('everybody goes home');
      endConsultations(office);
      finish(office);
      settle();
      for (const extension of extensions) (isFaulty ? checkParties : checkStories)(checked, extension);
      pass(61_000);
      relay.tick();
      checkNothingLeft(relay.board);
    },
  };
}
