// The connection to the relay as a state machine: (link, event, now, random) → {link, effects}. Pure; main.ts feeds it
// and carries its effects out. The link is plain data, kept in storage, so a woken background goes on where it slept.
//
//   state      | waits for                | then                             | where that fails or `until` passes
//   idle       | a target                 | probing                          | –
//   probing    | any HTTP answer          | connecting                       | waiting
//   connecting | the socket to open       | greeting, after saying hello     | waiting
//   greeting   | welcome                  | open                             | waiting
//   open       | frames; every ping is    | open                             | waiting (also after 45 s of silence: the
//              | answered, with an API    |                                  | socket is forgotten, not waited for)
//              | call that keeps us awake |                                  |
//   waiting    | `until` (full jitter)    | probing; at once where somebody  | –
//              |                          | looks or the background wakes    |
//   refused    | a new or re-saved target | probing                          | –
//
// One connection carries 1 to 8 lines. One that is refused (`refusals`) ends none of the others; where all are, the link
// is refused, and the close code is about every line of which nothing else was said.
//
// In every state: `targeted` starts afresh (or goes idle), a close code of 4500 to 4999 leads to refused, what an
// earlier attempt reports is ignored, and `uprooted` (the computer slept, or its clock was set: the network may be
// another) probes at once, except where there is no target or it was refused. Pauses grow with the time since a good
// connection was lost; one that was lost soon after its welcome was none. The probe is there because Firefox itself delays WebSockets after failures, but
// not fetches.
import { pauseMs } from '../../shared/back-off.ts';
import { CLOSE, PROTOCOL, SILENCE_MS, mayRetry } from '../../shared/protocol.ts';
import type { Down, NotificationTemplates, Position, Up } from '../../shared/protocol.ts';
import type { Target } from '../settings.ts';

export const PROBE_DEADLINE_MS = 5_000;
export const OPEN_DEADLINE_MS = 10_000;
export const WELCOME_DEADLINE_MS = 5_000;
export const FIRST_RETRY_MS = 1_000;
export const LAST_RETRY_MS = 60_000;
/** A connection that lasted this long was a good one: a relay that greets and hangs up is not asked every second. */
export const GOOD_WHILE_MS = 2_000;

export type LinkState = 'idle' | 'probing' | 'connecting' | 'greeting' | 'open' | 'waiting' | 'refused';

export type Refusal = { extension: string; code: number };

export type Link = {
  state: LinkState;
  target: Target | null;
  /** Names the probe or socket whose reports count. */
  attempt: number;
  /** When the welcome came; null: not open. */
  openSince: number | null;
  /** When the last good connection was lost, or the first attempt failed; null: not yet. */
  troubleSince: number | null;
  /** When this state is given up, or the waiting ends; ms since 1970. */
  until: number | null;
  /** Since when no ring could be seen, for want of the relay or of its phone system; null: all is well. */
  blindSince: number | null;
  closeCode: number | null;
  /** Lines that the relay does not show, and the close code that says why. */
  refusals: Refusal[];
  /** Granted lines that are somebody else's. */
  watched: string[];
  pbx: { state: 'up' | 'down'; since: number } | null;
  auth: 'open' | 'pairing' | null;
  /** How IT wants notifications to read. */
  notification: NotificationTemplates | null;
};

/** Where a line was left. */
export type Place = Position & { extension: string };

export type LinkEvent =
  | { type: 'woken' }
  | { type: 'targeted'; target: Target | null }
  | { type: 'nudged' }
  | { type: 'uprooted' }
  | { type: 'ticked' }
  | { type: 'probed'; attempt: number; isAnswered: boolean }
  | { type: 'opened'; attempt: number; places: readonly Place[] }
  | { type: 'received'; attempt: number; message: Down }
  | { type: 'closed'; attempt: number; code: number };

export type Effect =
  | { do: 'probe'; attempt: number; relayUrl: string }
  | { do: 'open'; attempt: number; relayUrl: string }
  | { do: 'drop' }
  | { do: 'send'; message: Up }
  | { do: 'stay-awake' }
  | { do: 'tell'; message: Extract<Down, { type: 'line' | 'missed' | 'seen' | 'devices' }> };

export type Step = { link: Link; effects: Effect[] };

export const NO_LINK: Link = {
  state: 'idle',
  target: null,
  attempt: 0,
  openSince: null,
  troubleSince: null,
  until: null,
  blindSince: null,
  closeCode: null,
  refusals: [],
  watched: [],
  pbx: null,
  auth: null,
  notification: null,
};

/** One step. `now` is the computer's clock, which people and NTP set; `random` is in [0, 1). An event that means nothing in this state returns the same link, no effects. */
export function stepLink(link: Link, event: LinkEvent, now: number, random: number): Step {
  switch (event.type) {
    case 'woken':
      return isTrying(link)
        ? begin(wasGood(link, now) ? { ...link, troubleSince: null } : link, now)
        : unchanged(link);
    case 'targeted':
      return retarget(link, event.target, now);
    case 'nudged':
      return link.state === 'waiting' ? begin(link, now) : unchanged(link);
    case 'uprooted':
      return isTrying(link) ? begin({ ...link, troubleSince: null }, now) : unchanged(link);
    case 'ticked':
      return tick(link, now, random);
    case 'probed':
    case 'opened':
    case 'received':
    case 'closed':
      return event.attempt === link.attempt ? report(link, event, now, random) : unchanged(link);
  }
}

/** What the shell reports of the present attempt. */
function report(
  link: Link,
  event: Extract<LinkEvent, { attempt: number }>,
  now: number,
  random: number,
): Step {
  const { target } = link;
  if (target === null || !hasSocket(link)) return unchanged(link);
  if (event.type === 'closed') return end(link, event.code, now, random);
  if (event.type === 'received') return receive(link, target, event.message, now, random);
  if (event.type === 'probed' && link.state === 'probing') {
    if (!event.isAnswered) return lose(link, now, random);
    return {
      link: { ...link, state: 'connecting', until: now + OPEN_DEADLINE_MS },
      effects: [{ do: 'open', attempt: link.attempt, relayUrl: target.relayUrl }],
    };
  }
  if (event.type === 'opened' && link.state === 'connecting') {
    const lines = target.lines.map(({ extension, token }) => ({
      extension,
      token,
      after: placeOf(event.places, extension),
    }));
    return {
      link: { ...link, state: 'greeting', until: now + WELCOME_DEADLINE_MS },
      effects: [{ do: 'send', message: { type: 'hello', protocol: PROTOCOL, lines } }],
    };
  }
  return unchanged(link);
}

function receive(link: Link, target: Target, message: Down, now: number, random: number): Step {
  if (link.state !== 'greeting' && link.state !== 'open') return unchanged(link);
  const heard: Link = link.state === 'open' ? { ...link, until: now + SILENCE_MS } : link;
  switch (message.type) {
    case 'welcome':
      return welcome(link, target, message, now, random);
    case 'refused':
      return hasLine(target, message.extension)
        ? refuseLine(heard, target, message, now, random)
        : unchanged(heard);
    case 'ping':
      return {
        link: heard,
        effects: [{ do: 'send', message: { type: 'pong', at: message.at } }, { do: 'stay-awake' }],
      };
    case 'pbx': {
      const pbx = { state: message.state, since: message.since };
      return unchanged({ ...heard, pbx, blindSince: blindness(heard, pbx.state === 'down', now) });
    }
    case 'line':
    case 'missed':
    case 'seen':
    case 'devices':
      return { link: heard, effects: link.state === 'open' ? [{ do: 'tell', message }] : [] };
    case 'code':
    case 'paired':
      return unchanged(heard);
  }
}

function welcome(
  link: Link,
  target: Target,
  message: Extract<Down, { type: 'welcome' }>,
  now: number,
  random: number,
): Step {
  if (message.protocol !== PROTOCOL) return end(link, CLOSE.protocolNotSpoken, now, random);
  const extensions = target.lines.map(({ extension }) => extension);
  const missing = extensions.filter((extension) => !message.extensions.includes(extension));
  if (missing.length === extensions.length) return end(link, CLOSE.extensionNotAllowed, now, random);
  return unchanged({
    ...link,
    state: 'open',
    openSince: now,
    until: now + SILENCE_MS,
    blindSince: link.pbx?.state === 'down' ? link.blindSince : null,
    closeCode: null,
    // A `refused` for each, with the true reason, comes right after; this is for a relay that says none.
    refusals: missing.map((extension) => refusalOf(target, extension, CLOSE.extensionNotAllowed)),
    watched: extensions.filter((extension) => message.watched.includes(extension)),
    auth: message.auth,
    notification: message.notification ?? null,
  });
}

/** The other lines go on; where there is none, the link ends. */
function refuseLine(
  link: Link,
  target: Target,
  { extension, code }: Refusal,
  now: number,
  random: number,
): Step {
  const others = link.refusals.filter((one) => one.extension !== extension);
  const refusals = [...others, refusalOf(target, extension, code)];
  const isAlone = target.lines.every((line) => refusals.some((one) => one.extension === line.extension));
  return isAlone
    ? end({ ...link, refusals }, code, now, random)
    : unchanged({ ...link, refusals, watched: link.watched.filter((one) => one !== extension) });
}

function retarget(link: Link, target: Target | null, now: number): Step {
  const fresh: Link = { ...NO_LINK, target, attempt: link.attempt, blindSince: link.blindSince };
  if (target !== null) return begin(fresh, now);
  return { link: { ...fresh, attempt: link.attempt + 1, blindSince: null }, effects: [{ do: 'drop' }] };
}

function tick(link: Link, now: number, random: number): Step {
  if (link.until === null || now < link.until) return unchanged(link);
  return link.state === 'waiting' ? begin(link, now) : lose(link, now, random);
}

/** A new attempt: the old socket, if any, is forgotten. */
function begin(link: Link, now: number): Step {
  if (link.target === null) return unchanged(link);
  const attempt = link.attempt + 1;
  return {
    link: { ...blind(link, now), state: 'probing', attempt, openSince: null, until: now + PROBE_DEADLINE_MS },
    effects: [{ do: 'drop' }, { do: 'probe', attempt, relayUrl: link.target.relayUrl }],
  };
}

function end(link: Link, code: number, now: number, random: number): Step {
  if (mayRetry(code)) return lose({ ...link, closeCode: code }, now, random);
  const refusals = (link.target?.lines ?? []).map(
    (line) =>
      link.refusals.find(({ extension }) => extension === line.extension) ??
      refusalOf(link.target, line.extension, code),
  );
  return {
    link: {
      ...blind(link, now),
      state: 'refused',
      openSince: null,
      until: null,
      closeCode: code,
      refusals,
    },
    effects: [{ do: 'drop' }],
  };
}

function lose(link: Link, now: number, random: number): Step {
  const troubleSince = wasGood(link, now) ? now : (link.troubleSince ?? now);
  const outageMs = now - troubleSince;
  const until = now + pauseMs({ outageMs, firstMs: FIRST_RETRY_MS, lastMs: LAST_RETRY_MS, random });
  return {
    link: { ...blind(link, now), state: 'waiting', openSince: null, troubleSince, until },
    effects: [{ do: 'drop' }],
  };
}

const wasGood = ({ openSince }: Link, now: number): boolean =>
  openSince !== null && now - openSince >= GOOD_WHILE_MS;

/** A clock that was set back must not make it begin in the future. */
const blind = (link: Link, now: number): Link => ({
  ...link,
  pbx: null,
  blindSince: Math.min(link.blindSince ?? now, now),
});

function blindness(link: Link, isPbxDown: boolean, now: number): number | null {
  if (isPbxDown) return link.blindSince ?? now;
  return link.state === 'open' ? null : link.blindSince;
}

const placeOf = (places: readonly Place[], wanted: string): Position | null => {
  const place = places.find(({ extension }) => extension === wanted);
  return place === undefined ? null : { epoch: place.epoch, seq: place.seq };
};
const hasLine = (target: Target, wanted: string): boolean =>
  target.lines.some(({ extension }) => extension === wanted);
/** A line that came with another's token may be watched by that one, or is its owner's: who is to say that is pairing. */
function refusalOf(target: Target | null, extension: string, code: number): Refusal {
  const isBorrowed = target?.lines.find((line) => line.extension === extension)?.isBorrowed === true;
  return { extension, code: isBorrowed && code === CLOSE.extensionNotAllowed ? CLOSE.tokenRefused : code };
}

const isTrying = (link: Link): boolean => link.state !== 'idle' && link.state !== 'refused';
const hasSocket = (link: Link): boolean => isTrying(link) && link.state !== 'waiting';

const unchanged = (link: Link): Step => ({ link, effects: [] });
