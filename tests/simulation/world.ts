// One seeded world: an office with its PBX, a relay that watches it, what happens between them, and what is checked.
// Deterministic: the same seed (and the same steps) give the same world. Called by `simulate.ts` and the tests.
//
//   kind      what goes wrong                                        what must be told
//   calm      nothing; a poll follows every step                     exactly what happened
//   hasty     nothing is lost, but polls come when they like, late   exactly what happened, where events can tell it
//   faulty    packets, polls and links get lost, Asterisk restarts   nothing impossible; the truth, once all is quiet
import type { ChannelFacts, Input } from '../../relay/calls/facts.ts';
import { dialect11 } from './dialect-11.ts';
import { dialect12 } from './dialect-12.ts';
import { finish } from './calls.ts';
import { endConsultations } from './consultations.ts';
import { Broken, hold, textOf } from './invariants.ts';
import type { Office } from './office.ts';
import { OPERATIONS } from './operations.ts';
import { createPbx } from './pbx.ts';
import { createRandom } from './random.ts';
import type { Random } from './random.ts';
import { createSimulatedRelay } from './relay.ts';
import { createTruth, unmatched, unmatchedNow, written } from './truth.ts';
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
  let random = seeds;
  const truth = createTruth();
  const isCalm = kind === 'calm';
  const onInput = (input: Input): void => trace?.(`  ${describeInput(input)}`);
  const relay = createSimulatedRelay({
    extensions,
    now: () => now,
    isDirectorySlow: seeds.chance(0.5),
    onInput,
    onTold: (text) => trace?.(`    → ${text}`),
  });
  const ever: Random = {
    next: () => random.next(),
    below: (limit) => random.below(limit),
    chance: (probability) => random.chance(probability),
    pick: (items) => random.pick(items),
  };
  const pbx = createPbx({
    dialect,
    technology,
    random: ever,
    now: () => now,
    send: (packet) => wire.send(packet),
    onMoment: () => wire.onMoment(),
  });
  const loss = kind === 'faulty' ? seeds.pick([0, 0.02, 0.1]) : 0;
  const wire = createWire({ relay, random: ever, rows: pbx.rows, isCalm, loss, isLossy: kind === 'faulty' });
  const office: Office = {
    pbx,
    truth,
    random: ever,
    extensions,
    isCalm,
    isFaulty: kind === 'faulty',
    missed: new Map(),
    dials: [],
    talks: [],
    waiting: [],
    originated: [],
    consultations: [],
    parkingLot: pbx.makeBridge('holding'),
    parked: [],
  };
  const pass = (ms: number): void => {
    const until = now + ms;
    while (relay.nextTick() <= until) {
      now = Math.max(now, relay.nextTick());
      relay.tick();
    }
    now = until;
    if (!isCalm && random.chance(0.1)) relay.tick();
  };
  wire.settle(() => undefined); // the first poll of the session

  const restart = (): void => {
    wire.drop();
    pbx.restart();
    office.parkingLot.members = [];
    for (const call of truth.calls) if (!call.hasEnded) truth.end(call, ['lost']);
    for (const list of [
      office.dials,
      office.talks,
      office.waiting,
      office.originated,
      office.parked,
      office.consultations,
    ])
      list.length = 0;
    pass(2_000);
  };

  const settle = (): void => {
    wire.settle(() => pass(isCalm ? 200 : 1_100));
    for (const extension of extensions) checkLine(extension);
  };

  /** The board equals the PBX. */
  const checkLine = (extension: string): void => {
    const told = relay
      .line(extension)
      .filter((call) => call.endedAt === null)
      .map(textOf);
    const left = unmatchedNow(
      told,
      truth.calls.filter((call) => call.extension === extension && call.live !== null),
    );
    hold(
      left.told.length === 0 && (left.happening.length === 0 || relay.crowded.has(extension)),
      () =>
        `quiet: ${extension} is told [${told.join('; ')}], but there is [${left.happening.map((call) => call.live?.texts.join('|')).join('; ')}]`,
    );
  };

  const checkStories = (extension: string): void => {
    if (relay.crowded.has(extension)) return;
    const left = unmatched(
      relay.stories(extension),
      truth.calls.filter((call) => call.extension === extension),
    );
    hold(
      left.told.length === 0 && left.happened.length === 0,
      () =>
        `${extension} was told [${left.told.map((story) => story.join(', ')).join(' / ')}], but it was [${left.happened.map(written).join(' / ')}]`,
    );
  };

  /** Whatever got lost: nobody is told of somebody he had nothing to do with. */
  const checkParties = (extension: string): void => {
    const own = truth.calls.filter((call) => call.extension === extension);
    if (own.some(({ isLoose }) => isLoose)) return;
    const known = new Set(['hidden']);
    for (const text of own.flatMap(({ words }) => words.flatMap(({ texts }) => texts)))
      known.add(partyIn(text));
    for (const story of relay.stories(extension))
      for (const text of story)
        hold(
          /^(ended|queue|transferred) /.test(text) || known.has(partyIn(text)),
          () => `${extension} was told "${text}" and had no part in that`,
        );
  };

  const fault = (name: string): boolean => {
    if (name === 'loseLink') wire.drop();
    else if (name === 'reconnect') wire.reconnect();
    else if (name === 'restart') restart();
    else if (name === 'tear') wire.tear();
    else if (name === 'settle') settle();
    else return false;
    return true;
  };

  return {
    relay,
    step({ name, seed }: Step): boolean {
      random = createRandom(seed);
      const lasts = random.chance(0.02) ? 70_000 : 200 + random.below(3_000);
      trace?.(`${name} ${seed}`);
      const operation = OPERATIONS[name];
      if (!(operation ? operation.run(office) : fault(name))) return false;
      // What waits to be delivered does so within the step, lest a second pass between two words of one happening.
      if (kind === 'hasty') wire.deliver();
      if (isCalm) settle();
      pass(lasts);
      if (random.chance(0.3)) relay.answerDirectory();
      return true;
    },
    end(): void {
      random = createRandom(1);
      settle();
      if (kind !== 'faulty') trace?.('finish');
      endConsultations(office);
      finish(office);
      settle();
      for (const extension of extensions) (kind === 'faulty' ? checkParties : checkStories)(extension);
      pass(61_000);
      relay.tick();
      const { board } = relay;
      for (const what of ['channels', 'phones', 'uniqueids', 'bridges', 'lookUps', 'lines'] as const)
        hold(board[what].size === 0, () => `left over: ${what} ${[...board[what].keys()].join(' ')}`);
      hold(
        board.endings.size === 0 && board.unheld.size === 0 && board.missed.length === 0,
        () => 'left over: endings',
      );
      hold(board.doubtedAtInput === null, () => 'left over: doubt');
    },
  };
}

/** `ringing 101, internal` → `101`: that it is a colleague may come to be known a little later. */
const partyIn = (text: string): string => text.slice(text.indexOf(' ') + 1).replace(', internal', '');

/** An input on one line: only what is told, and of a poll only the channels. */
function describeInput(input: Input): string {
  const facts = ({ name, uniqueid, ...rest }: ChannelFacts): string =>
    [
      name,
      uniqueid,
      ...Object.entries(rest)
        .filter(([key, value]) => value !== undefined && TELLING.test(key))
        .map((pair) => pair.join('=')),
    ].join(' ');
  if (input.type === 'poll')
    return `poll asked at ${input.askedAt}${input.isFirst ? ' (first)' : ''}:${input.channels.map((row) => `\n      ${facts(row)}`).join('')}`;
  if ('channel' in input)
    return `${input.type} ${facts(input.channel)}${'cause' in input ? ` cause=${input.cause}` : ''}`;
  if (input.type === 'dial-begin')
    return `dial-begin ${input.source ? facts(input.source) : '-'} → ${facts(input.destination)}`;
  if (input.type === 'dial-end')
    return `dial-end ${input.source?.name} → ${input.destination?.name} ${input.status}`;
  if (input.type === 'found') return `found ${input.number}`;
  return JSON.stringify(input);
}
const TELLING = /^(state|linkedid|connectedNumber|exten|application|bridgeId)$/;
