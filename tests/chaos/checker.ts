// Whether every screen showed what the PBX did, and how soon after each fault: (run) → findings. Pure; chaos.ts calls it.
//
//   finding       | means
//   lost ring     | a ring lasted longer than the faults around it and was never shown
//   late          | it was shown, or taken away, later than the promise allows
//   ghost         | shown as ringing though nothing rang, or no more
//   double        | one ring, or one missed call, caught the eye twice on one screen
//   wrong person  | shown to somebody whose phone never rang for it
//   lost missed   | nobody answered, the relay could see it, and a screen never said so
//   late missed   | it said so later than the promise allows
//   false missed  | said to be missed though somebody answered, declined, or nobody could know
//   still unseen  | a missed call that was looked at on one device stayed on another
import { overlap, pieces, type Span } from './spans.ts';
import type { Fault, Ring, Run, Screen, Sight } from './facts.ts';

/** The relay writes what ended a moment later: killed within it, nobody knows of it. */
const WRITING_MS = 250;

export type Finding = { what: string; screen: string; number: string | null; at: number; forMs: number };
export type Convergence = { kind: string; screen: string; at: number; tookMs: number };
export type Verdict = {
  findings: Finding[];
  convergences: Convergence[];
  /** Notifications of rings, on all screens. */
  shown: number;
  /** Of all screens' time, the share in which no fault excused anything. */
  strict: number;
};

export function check(run: Run): Verdict {
  const findings: Finding[] = [];
  const convergences: Convergence[] = [];
  let shown = 0;
  let strictMs = 0;
  const answered = new Set(
    run.rings.filter(({ outcome }) => outcome === 'answered').map(({ number }) => number),
  );
  for (const screen of run.screens) {
    const rings = run.rings.filter(({ extension }) => extension === screen.extension);
    const faults = run.faults.filter(({ screens }) => screens === null || screens.has(screen.name));
    // No ring waits for the journal.
    const excused = faults
      .filter(({ hides }) => hides !== 'journal')
      .map(({ from, to }): Span => ({ from, to: to + run.promiseMs }));
    strictMs += pieces({ from: run.startedAt, to: run.endedAt }, excused).reduce(
      (sum, { from, to }) => sum + to - from,
      0,
    );
    const wrong = mismatches(screen, rings, run.endedAt);
    shown += screen.sights.filter(({ what, isNew }) => what === 'ringing' && isNew).length;
    findings.push(
      ...wrong.flatMap((one) => judgeMismatch(one, excused, screen, run)),
      ...strangers(screen, rings),
      ...doubles(screen),
      ...missed(screen, rings, run, answered),
      ...unseen(screen, run),
    );
    convergences.push(
      ...faults.map((fault) => converge(fault, faults, [...wrong, ...(screen.blind ?? [])], screen, run)),
    );
  }
  return {
    findings: findings.sort((a, b) => a.at - b.at),
    convergences,
    shown,
    strict: strictMs / ((run.endedAt - run.startedAt) * run.screens.length),
  };
}

type Mismatch = Span & { number: string; isShown: boolean; wasEverShown: boolean };

/** When the screen and the PBX said different things of one caller. */
function mismatches(screen: Screen, rings: readonly Ring[], endedAt: number): Mismatch[] {
  const shownSpans = ringingSpans(screen.sights, endedAt);
  const numbers = new Set([...rings.map(({ number }) => number), ...shownSpans.map(({ number }) => number)]);
  return [...numbers].flatMap((number) => {
    const real = rings
      .filter((ring) => ring.number === number)
      .map(({ from, to }) => ({ from, to: Math.min(to, endedAt) }));
    const shown = shownSpans.filter((span) => span.number === number);
    const wasEverShown = shown.length > 0;
    return [
      ...real
        .flatMap((span) => pieces(span, shown))
        .map((span) => ({ ...span, number, isShown: false, wasEverShown })),
      ...shown
        .flatMap((span) => pieces(span, real))
        .map((span) => ({ ...span, number, isShown: true, wasEverShown })),
    ];
  });
}

/** From each notification of a ring to whatever takes its place. */
function ringingSpans(sights: readonly Sight[], endedAt: number): (Span & { number: string })[] {
  return sights.flatMap((sight, index) => {
    if (sight.what !== 'ringing' || sight.number === null) return [];
    const next = sights.slice(index + 1).find(({ noticeId }) => noticeId === sight.noticeId);
    return [{ number: sight.number, from: sight.at, to: next?.at ?? endedAt }];
  });
}

function judgeMismatch(one: Mismatch, excused: readonly Span[], screen: Screen, run: Run): Finding[] {
  return pieces(one, excused)
    .filter(({ from, to }) => to - from > run.usualMs)
    .map(({ from, to }) => ({
      what: one.isShown ? 'ghost' : one.wasEverShown ? 'late' : 'lost ring',
      screen: screen.name,
      number: one.number,
      at: from,
      forMs: to - from,
    }));
}

function strangers(screen: Screen, rings: readonly Ring[]): Finding[] {
  const own = new Set(rings.map(({ number }) => number));
  return screen.sights
    .filter(({ what, number }) => what !== 'cleared' && number !== null && !own.has(number))
    .map(({ at, number }) => ({ what: 'wrong person', screen: screen.name, number, at, forMs: 0 }));
}

function doubles(screen: Screen): Finding[] {
  return (['ringing', 'missed'] as const).flatMap((what) => {
    const news = screen.sights.filter((sight) => sight.what === what && sight.isNew && sight.number !== null);
    return news
      .filter((sight, index) => news.findIndex(({ number }) => number === sight.number) < index)
      .map(({ at, number }) => ({ what: `double (${what})`, screen: screen.name, number, at, forMs: 0 }));
  });
}

function missed(screen: Screen, rings: readonly Ring[], run: Run, answered: ReadonlySet<string>): Finding[] {
  const excused = run.faults
    .filter(({ screens }) => screens === null || screens.has(screen.name))
    .map(({ from, to }): Span => ({ from, to: to + run.promiseMs }));
  const isSoon = (ring: Ring, at: number): boolean =>
    pieces({ from: ring.to, to: at }, excused).every(({ from, to }) => to - from <= run.usualMs);
  const hidden = run.faults
    .filter(({ hides }) => hides === 'pbx')
    .map(({ from, to }): Span => ({ from: from - WRITING_MS, to: to + run.promiseMs }));
  return rings.flatMap((ring) => {
    const told = screen.sights.find(
      ({ what, number, at }) =>
        (what === 'missed' && number === ring.number) ||
        (what === 'together' && at >= ring.to && isSoon(ring, at)),
    );
    const isMissed = ring.outcome === 'missed' && !answered.has(ring.number);
    const finding = (what: string, at: number): Finding => ({
      what,
      screen: screen.name,
      number: ring.number,
      at,
      forMs: 0,
    });
    if (told?.what === 'missed' && !isMissed && ring.outcome !== null)
      return [finding('false missed', told.at)];
    if (told !== undefined && !isSoon(ring, told.at)) return [finding('late missed', told.at)];
    const isExcused = overlap({ from: ring.to, to: ring.to + 1 }, hidden);
    const isSeen = run.seen.some(
      ({ number, extension }) => number === ring.number && extension === ring.extension,
    );
    const isFresh = ring.to > run.endedAt - 2 * run.promiseMs;
    if (told === undefined && isMissed && !isExcused && !isSeen && !isFresh)
      return [finding('lost missed', ring.to)];
    return [];
  });
}

/** What somebody has looked at elsewhere must leave this screen, too. */
function unseen(screen: Screen, run: Run): Finding[] {
  // Whoever looked may be cut off himself.
  const excused = run.faults.map(({ from, to }): Span => ({ from, to: to + run.promiseMs }));
  return run.seen
    .filter(({ extension }) => extension === screen.extension)
    .flatMap(({ at: seenAt, number }) => {
      const index = screen.sights.findLastIndex(
        (sight) => sight.number === number && sight.what === 'missed',
      );
      const shown = screen.sights[index];
      if (shown === undefined) return [];
      const cleared = screen.sights.slice(index + 1).find(({ noticeId }) => noticeId === shown.noticeId);
      const stays: Span = { from: Math.max(seenAt, shown.at), to: cleared?.at ?? run.endedAt };
      return pieces(stays, excused)
        .filter(({ from, to }) => to - from > run.usualMs)
        .map(({ from, to }) => ({
          what: 'still unseen',
          screen: screen.name,
          number,
          at: from,
          forMs: to - from,
        }));
    });
}

/** From the end of a fault to the moment when this screen was right and knew it; the last of several that overlap counts. */
function converge(
  fault: Fault,
  all: readonly Fault[],
  wrong: readonly Span[],
  screen: Screen,
  run: Run,
): Convergence {
  const isLast = !all.some(({ from, to }) => from <= fault.to && to > fault.to);
  const next = Math.min(Infinity, ...all.filter(({ from }) => from > fault.to).map(({ from }) => from));
  const lasting = wrong.filter(
    ({ from, to }) => from <= fault.to + run.usualMs && to > fault.to && from < next,
  );
  const until = isLast ? Math.min(next, Math.max(fault.to, ...lasting.map(({ to }) => to))) : fault.to;
  return { kind: fault.kind, screen: screen.name, at: fault.to, tookMs: until - fault.to };
}
