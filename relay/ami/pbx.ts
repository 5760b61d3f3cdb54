// The link to one Asterisk: connects, listens, polls, and begins again when it breaks. Shell; `serve.ts` starts it and
// gets the switchboard's inputs from it. A complete poll stands between every login and the first thing told.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Input } from '../calls/facts.ts';
import { AmiError, connectAmi } from './connection.ts';
import type { AmiAccount, AmiConnection } from './connection.ts';
import { readEvent } from './events.ts';
import { pollChannels } from './poll.ts';
import { waitBeforeAttemptMs } from './reconnect.ts';
import { surplusRights } from './rights.ts';

/** However often a poll is asked for, Asterisk is spared. */
const SHORTEST_POLL_GAP_MS = 25;
/** One that was up for longer than this ended an outage; a shorter one may be what a PBX does to each login. */
const GOOD_SESSION_MS = 2_000;
/** Heard before the first poll of a session was complete. */
const MAX_EARLY_HANGUPS = 1_000;

export type PbxOptions = {
  account: AmiAccount;
  pollEveryMs: number;
  /** false: polls alone, for accounts that get no events. */
  isListening: boolean;
  /** UserEvents too: only where IT writes the client's name into the dialplan, see below. */
  isUserListening: boolean;
  onInput(input: Input): void;
  /** How many inputs the switchboard has taken: what is asked now is older than what comes later. */
  inputsTaken(): number;
  onUp(): void;
  /** Once per failed attempt or lost session. */
  onDown(error: AmiError): void;
  onPacket(): void;
  onPoll(tookMs: number, isComplete: boolean): void;
  /** After each login: what the account may do beyond its need, see `ami/rights.ts`. Not asked for where nobody wants it. */
  onSurplusRights?(classes: readonly string[]): void;
  onListenerError(error: unknown): void;
  randomId(): string;
  random(): number;
  connectDeadlineMs: number;
  answerDeadlineMs: number;
  pingEveryMs: number;
};

export type Pbx = {
  /** Polls now rather than at the next period. */
  pollSoon(): void;
  /** Logs off and tries no more. */
  stop(): Promise<void>;
};

export function watchPbx(options: PbxOptions): Pbx {
  const stopping = new AbortController();
  let connection: AmiConnection | null = null;
  /** Why the session of now is over; a flag and no promise, as races against a long-lived promise pile up. */
  let lost: AmiError | null = null;
  /** In this session; null: not yet. What is told before is not passed on, as it would meet the state of the session before. */
  let polledAt: number | null = null;
  /** Of channels that the first poll may show still: no later one could tell why they ended. */
  let earlyHangups: Input[] = [];
  let wakePoll: (() => void) | null = null;
  let isPollWanted = false;

  const pollSoon = (): void => {
    isPollWanted = true;
    wakePoll?.();
  };

  /** Polls until the connection is over, and then throws its error. */
  const poll = async (ami: AmiConnection): Promise<never> => {
    let isWhole = true;
    while (!lost) {
      isPollWanted = false;
      const isFirst = polledAt === null;
      const askedAt = options.inputsTaken();
      const startedAt = performance.now();
      const channels = await pollChannels(ami);
      const tookMs = performance.now() - startedAt;
      options.onPoll(tookMs, channels !== null);
      if (channels) {
        options.onInput({ type: 'poll', askedAt, isFirst, channels });
        for (const hangup of earlyHangups.splice(0)) options.onInput(hangup);
      }
      if (channels && isFirst) {
        polledAt = performance.now();
        options.onUp();
        void askRights(ami);
      }
      // A caller whose number tears every reply has a poll asked for by each: half the time at most goes into them.
      const gapMs = Math.max(SHORTEST_POLL_GAP_MS, Math.min(tookMs, options.pollEveryMs));
      // Once again at once where rows were missing, but not for ever: a caller's text may be what spoils them.
      const isWorthRepeating = isWhole && channels === null;
      isWhole = channels !== null;
      await nextPoll(gapMs, isWorthRepeating ? gapMs : options.pollEveryMs);
    }
    throw lost;
  };

  /** Never again where it was not answered, as that ends the session. */
  let areRightsAsked = options.onSurplusRights !== undefined;
  const askRights = async (ami: AmiConnection): Promise<void> => {
    if (!areRightsAsked) return;
    areRightsAsked = false;
    const reply = await ami.ask('ListCommands').catch(() => null);
    areRightsAsked = reply !== null;
    if (reply) options.onSurplusRights?.(surplusRights(reply));
  };

  /** Between these, as soon as a poll is wanted; at once when the session is over, so that nothing holds up the next. */
  const nextPoll = (afterMs: number, withinMs: number): Promise<void> =>
    new Promise((resolve) => {
      const startedAt = performance.now();
      const wake = (): void => {
        clearTimeout(timer);
        const leftMs = (isPollWanted ? afterMs : withinMs) - (performance.now() - startedAt);
        if (lost || leftMs <= 0) resolve();
        else timer = setTimeout(wake, Math.ceil(leftMs));
      };
      let timer: NodeJS.Timeout | undefined;
      wakePoll = wake;
      wake();
    });

  /** Before the first poll: the next one tells what this would have told, but for the reason of an end. */
  const hearEarly = (event: ReturnType<typeof readEvent>): void => {
    isPollWanted = true;
    if (event === 'malformed')
      earlyHangups = []; // one of them may be forged
    else if (event?.type === 'hangup' && earlyHangups.length < MAX_EARLY_HANGUPS) earlyHangups.push(event);
  };

  /** One session, from the attempt to its end, which is its error. */
  const session = async (): Promise<never> => {
    lost = null;
    polledAt = null;
    earlyHangups = [];
    const ami = await connectAmi(options.account, {
      ...options,
      signal: stopping.signal,
      onPacket: (packet) => {
        options.onPacket();
        const event = readEvent(packet);
        if (polledAt === null) return hearEarly(event);
        if (event === 'malformed') options.onInput({ type: 'doubt' });
        else if (event) options.onInput(event);
      },
      onClose: (error) => {
        lost = error;
        wakePoll?.();
      },
    });
    connection = ami;
    if (stopping.signal.aborted) throw new AmiError('ami.closed', 'stopped');
    // `user` only where wanted: dialplans put callers' texts at the end of those, where forged events would leave no
    // torn block behind.
    const classes = options.isUserListening ? 'call,user' : 'call';
    await ami.ask('Events', { EventMask: options.isListening ? classes : 'off' });
    return poll(ami);
  };

  const run = async (): Promise<void> => {
    let goodUntil = performance.now();
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      const error = await session().catch((reason: unknown) => {
        if (reason instanceof AmiError) return reason;
        throw reason; // a fault of ours: let it end the process
      });
      const endedAt = performance.now();
      if (!stopping.signal.aborted) options.onDown(error);
      if (polledAt !== null && endedAt - polledAt > GOOD_SESSION_MS) goodUntil = endedAt;
      // A refused poll or event mask leaves the session open behind it.
      await connection?.logOff();
      connection = null;
      const waitMs = waitBeforeAttemptMs({
        ...{ code: error.code, outageMs: endedAt - goodUntil, tookMs: endedAt - startedAt },
        random: options.random(),
      });
      await sleep(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined); // aborted: we are done
    }
  };

  const running = run();
  return {
    pollSoon,
    stop: async () => {
      stopping.abort();
      await connection?.logOff();
      await running;
    },
  };
}
