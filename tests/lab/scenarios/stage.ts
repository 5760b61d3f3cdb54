// Plays scenarios one after another on one office with one real relay, and compares what each extension was told.
//   await using stage = await openStage({ asterisk: '22', driver: 'pjsip' });
// After each a last call is played whose frames must come: then all that Asterisk said before has been told, too.
// Called by `lab.ts` and by the tests beside.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call, Down } from '../../../shared/protocol.ts';
import { startRelay } from '../../relay/relay-process.ts';
import { tellStory } from '../../relay/story.ts';
import { waitFor } from '../../relay/wait.ts';
import { watch, type Watcher } from '../../relay/watcher.ts';
import { differences } from '../../traces/told.ts';
import { startRecorder } from '../../traces/recorder.ts';
import type { Moment } from '../../traces/trace.ts';
import { writeTraceFile } from '../../traces/trace-file.ts';
import { EXTENSIONS } from '../configuration.ts';
import { TECHNOLOGY } from '../driver.ts';
import { openOffice, type Office } from '../office.ts';
import { Operator } from '../operator.ts';
import type { Client, Phone } from '../person.ts';
import { Bell, now } from '../until.ts';
import { additions, DESK } from './additions.ts';
import { humanly } from './pace.ts';
import { CLIENT, type Scenario, type Scene, type Stack, type Stories } from './scenario.ts';

export interface Played {
  readonly scenario: Scenario;
  readonly stack: Stack;
  /** what was expected and what was told instead; none: it passed */
  readonly faults: readonly string[];
  /** the phones and Asterisk did their parts, so what was told is the relay's doing */
  readonly isPlayed: boolean;
  /** why it was not played here */
  readonly leftOut: string | null;
  /** from the first INVITE to the first frame that shows the call; null where there was none */
  readonly shownAfterMs: number | null;
}

export interface StageOptions {
  /** where to keep what an account like the relay's was told by Asterisk, one file a scenario */
  readonly recordIn?: string;
}

export interface Stage extends AsyncDisposable {
  readonly office: Office;
  play(scenario: Scenario): Promise<Played>;
}

/** what only a poll tells may take two of them */
const TOLD_DEADLINE_MS = 2_500;
const RING_TOLD_DEADLINE_MS = 500;
const END_DEADLINE_MS = 3_000;
const CHANNELS_ASKED_EACH_MS = 20;
const RECONNECTED_DEADLINE_MS = 8_000;
/** so that a recording has polls between what people do, as life has */
const RECORDED_PAUSE_MS = 300;
/** more than a second of it, as the relay waits that long for what explains an end */
const POLLS_OF_SILENCE = 5;
const LAST_CALLER = '+79990000000';
/** which phone the last call rings */
const LAST_CALLED = '104';

export async function openStage(stack: Stack, { recordIn }: StageOptions = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const office = opened.use(await openOffice({ ...stack, additions: additions(stack.driver) }));
  const { host, port, accounts } = office.ami;
  const relay = opened.use(
    await startRelay(
      { host, port, ...accounts.ringcue },
      {
        RINGCUE_UNKNOWN_URL: 'https://crm.example/search?q={number}',
        RINGCUE_AMI_USER_EVENTS: 'yes',
        RINGCUE_PHONES: `${DESK}=105`,
      },
    ),
  );
  await relay.isReady();
  const watchers = new Map<string, Watcher>();
  for (const extension of EXTENSIONS)
    watchers.set(extension, opened.use(await watch(relay.feedUrl, extension)));
  const all = opened.move();
  const stage = new OpenStage(stack, office, watchers, recordIn === undefined ? 0 : RECORDED_PAUSE_MS);
  return {
    office,
    play: (scenario) => (recordIn === undefined ? stage.play(scenario) : stage.records(scenario, recordIn)),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

class OpenStage {
  readonly #stack: Stack;
  readonly #office: Office;
  readonly #watchers: ReadonlyMap<string, Watcher>;
  readonly #operator: Operator;
  readonly #client: Client;
  readonly #lastCaller: Client;
  readonly #pauseMs: number;

  constructor(stack: Stack, office: Office, watchers: ReadonlyMap<string, Watcher>, pauseMs: number) {
    this.#pauseMs = pauseMs;
    this.#stack = stack;
    this.#office = office;
    this.#watchers = watchers;
    this.#operator = new Operator(() => office.operator, TECHNOLOGY[stack.driver]);
    this.#client = office.client({ number: CLIENT });
    this.#lastCaller = office.client({ number: LAST_CALLER });
  }

  /** `isOver`: awaited when all calls of the scenario have ended, before the call that ends it. */
  async play(scenario: Scenario, isOver: () => Promise<void> = () => Promise.resolve()): Promise<Played> {
    const stack = this.#stack;
    const leftOut = scenario.leftOut?.(stack) ?? null;
    if (leftOut !== null)
      return { scenario, stack, leftOut, isPlayed: false, faults: [], shownAfterMs: null };
    const beganAt = now();
    const known = new Map([...this.#watchers].map(([one, { told }]) => [one, told.length]));
    const told = (extension: string): readonly Call[] => {
      const calls = this.#watcher(extension).told.map(({ call }) => call);
      const old = new Set(calls.slice(0, known.get(extension)).map(({ id }) => id));
      return calls.filter(({ id, party }) => !old.has(id) && party.number !== LAST_CALLER);
    };
    const faults: string[] = [];
    const attempt = async (act: () => Promise<void> | void): Promise<void> => {
      try {
        await act();
      } catch (error) {
        faults.push(error instanceof Error ? error.message : String(error));
      }
    };
    const outsiders: Client[] = [];
    await attempt(() => scenario.play(this.#scene(scenario, known, outsiders)));
    const isDone = faults.length === 0;
    await attempt(() => this.#endsAllCalls());
    const stuck = await this.#channelsLeft();
    if (stuck !== null) {
      faults.unshift(`Asterisk hung and was started again; it had left: ${stuck}`);
      await attempt(() => this.#startsAsteriskAgain());
    }
    await attempt(() => this.#office.removesAddedPhones());
    const isPlayed = isDone && stuck === null;
    for (const outsider of outsiders) this.#office.dismisses(outsider);
    await attempt(isOver);
    await attempt(() => this.#lastCallIsTold());
    faults.push(...(await this.#unended()));
    const stories = Object.fromEntries(
      EXTENSIONS.map((extension) => [extension, tellStory(told(extension))]),
    );
    for (const fault of differences({ title: scenario.name, told: toldIn(scenario, stack) }, stories))
      faults.push(
        `${fault.extension} should be told  ${fault.expected || 'nothing'}\n    and was told  ${fault.told || 'nothing'}`,
      );
    await attempt(() => scenario.check?.(told, stack));
    return { scenario, stack, leftOut, isPlayed, faults, shownAfterMs: this.#shownAfterMs(known, beganAt) };
  }

  /** Plays it while a recorder listens, beginning with a poll of the silent PBX and ending with another. */
  async records(scenario: Scenario, folder: string): Promise<Played> {
    const moments: Moment[] = [];
    const { host, port, accounts } = this.#office.ami;
    const bell = new Bell();
    const onMoment = (moment: Moment): void => {
      moments.push(moment);
      bell.ring();
    };
    const account = { host, port, ...accounts.ringcue };
    const recorder = await startRecorder({ account, onMoment });
    const played = await this.play(scenario, async () => {
      const isAfter = moments.length;
      const polls = () => moments.slice(isAfter).filter((moment) => 'answered' in moment);
      await bell.until(() => polls().length >= POLLS_OF_SILENCE, { what: 'the polls of silence' });
      await recorder.stop();
    }).finally(() => recorder.stop());
    if (played.leftOut !== null) return played;
    mkdirSync(folder, { recursive: true });
    const header = {
      trace: 1,
      asterisk: recorder.asterisk,
      country: 'RU',
      phones: { [DESK]: '105' },
      title: scenario.name,
      told: { ...toldIn(scenario, this.#stack) },
    } as const;
    writeTraceFile(join(folder, `${fileName(scenario)}.trace.gz`), { header, moments });
    return played;
  }

  #scene(scenario: Scenario, known: ReadonlyMap<string, number>, outsiders: Client[]): Scene {
    const office = this.#office;
    const pauseMs = scenario.isQuick ? 0 : this.#pauseMs;
    const told = toldIn(scenario, this.#stack);
    const isRung = (extension: string) =>
      [told[extension] ?? ''].flat().some((story) => story.includes('ringing('));
    const paced = (client: Client): Client => humanly(client, { pauseMs });
    const phone = (extension: string): Phone =>
      humanly(office.phone(extension), {
        pauseMs,
        beforeAnswer: () => (isRung(extension) ? this.#ringIsTold(extension) : Promise.resolve()),
      });
    const { messages } = this.#watcher('101');
    const since = messages.length;
    return {
      stack: this.#stack,
      office,
      one: phone('101'),
      two: phone('102'),
      three: phone('103'),
      four: phone('104'),
      five: phone('105'),
      client: paced(this.#client),
      outsider: (options) => {
        const outsider = office.client(options);
        outsiders.push(outsider);
        return paced(outsider);
      },
      operator: this.#operator,
      isTold: async (extension, fits) => {
        const watcher = this.#watcher(extension);
        const old = new Set(watcher.told.slice(0, known.get(extension)).map(({ call }) => call.id));
        const calls = () => (watcher.line()?.calls ?? []).filter(({ id }) => !old.has(id));
        await happens(() => calls().some(fits), TOLD_DEADLINE_MS);
      },
      relaySees: async (state) => {
        const isState = (message: Down) => message.type === 'pbx' && message.state === state;
        await happens(() => messages.slice(since).some(isState), RECONNECTED_DEADLINE_MS);
      },
    };
  }

  async #endsAllCalls(): Promise<void> {
    const office = this.#office;
    if (!office.asterisk.isRunning) await office.regainsPower();
    for (const extension of EXTENSIONS) {
      const phone = office.phone(extension);
      phone.isBusy = false;
      phone.forwardsAllTo(null);
    }
    this.#client.isBusy = false;
    try {
      await office.endsAllCalls();
    } catch {
      await this.#operator.hangsUpEverything();
      await office.endsAllCalls();
    }
  }

  /** What Asterisk, with all receivers down, still has after a while; null: nothing. It may be deadlocked. */
  async #channelsLeft(): Promise<string | null> {
    const until = now() + END_DEADLINE_MS;
    try {
      for (;;) {
        const left = await this.#operator.channels();
        if (left.length === 0) return null;
        if (now() > until) return left.join(', ');
        await sleep(CHANNELS_ASKED_EACH_MS);
      }
    } catch (error) {
      return String(error);
    }
  }

  /** A deadlocked Asterisk would fail all that follows. */
  async #startsAsteriskAgain(): Promise<void> {
    const { messages } = this.#watcher('101');
    const since = messages.length;
    await this.#office.losesPower();
    await this.#office.regainsPower();
    const isUp = (message: Down) => message.type === 'pbx' && message.state === 'up';
    await happens(() => messages.slice(since).some(isUp), RECONNECTED_DEADLINE_MS);
  }

  /** Frames come in the order of what Asterisk said: when these have come, all others have. */
  async #lastCallIsTold(): Promise<void> {
    const watcher = this.#watcher(LAST_CALLED);
    const known = watcher.told.length;
    const isTold = async (state: Call['state']): Promise<void> => {
      const fits = ({ call }: { call: Call }) => call.party.number === LAST_CALLER && call.state === state;
      if (!(await happens(() => watcher.told.slice(known).some(fits), END_DEADLINE_MS)))
        throw new Error(`the call that ends the scenario was not told ${state}`);
    };
    const phone = this.#office.phone(LAST_CALLED);
    await this.#lastCaller.calls(phone);
    await phone.rings();
    await isTold('ringing');
    await this.#lastCaller.hangsUp();
    await phone.isFree();
    await isTold('ended');
  }

  /** What the relay still tells as a call, though Asterisk has none. */
  async #unended(): Promise<string[]> {
    const live = (extension: string) =>
      (this.#watcher(extension).line()?.calls ?? []).filter(({ state }) => state !== 'ended');
    await happens(() => EXTENSIONS.every((extension) => live(extension).length === 0), END_DEADLINE_MS);
    return EXTENSIONS.flatMap((extension) =>
      live(extension).map(({ state, id }) => `${extension}: the call ${id} never ended, it stayed ${state}`),
    );
  }

  /** A ring that is not told must not keep the play from going on. */
  async #ringIsTold(extension: string): Promise<void> {
    const isRing = ({ state }: Call) => state === 'ringing' || state === 'dialing';
    const watcher = this.#watcher(extension);
    await happens(() => watcher.line()?.calls.some(isRing) ?? false, RING_TOLD_DEADLINE_MS);
  }

  #shownAfterMs(known: ReadonlyMap<string, number>, beganAt: number): number | null {
    const shown = EXTENSIONS.flatMap((extension) => this.#watcher(extension).told.slice(known.get(extension)))
      .filter(({ call }) => call.party.number !== LAST_CALLER)
      .filter(({ call }) => call.state === 'ringing' || call.state === 'dialing')
      .map(({ at }) => at)
      .sort((a, b) => a - b)[0];
    const began = this.#office.firstCallSince(beganAt);
    return shown === undefined || began === undefined ? null : shown - began;
  }

  #watcher(extension: string): Watcher {
    const watcher = this.#watchers.get(extension);
    if (!watcher) throw new Error(`Nobody watches ${extension}`);
    return watcher;
  }
}

const toldIn = ({ told }: Scenario, stack: Stack): Stories =>
  typeof told === 'function' ? told(stack) : told;

/** Whether it happens in time. */
const happens = (isTrue: () => boolean, deadlineMs: number): Promise<boolean> =>
  waitFor(isTrue, deadlineMs, () => '').then(
    () => true,
    () => false,
  );

/** `A ring group: nobody answers` → `a-ring-group-nobody-answers` */
export const fileName = ({ name }: Scenario): string =>
  name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
