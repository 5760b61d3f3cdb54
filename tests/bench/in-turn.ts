// Which session an anchor sends to: each for a while, then the next, as the calls of the benchmark move from one add-on to
// the next. Deterministic; used by both anchors.
const FRAMES_A_SESSION = 24;

/** Returns the session whose turn it is; undefined while there is none. */
export function inTurn<Session>(): (sessions: Iterable<Session>) => Session | undefined {
  let all: Session[] = [];
  let count = 0;
  return (sessions) => {
    if (all.length === 0 || count % FRAMES_A_SESSION === 0) all = [...sessions];
    return all[Math.floor(count++ / FRAMES_A_SESSION) % all.length];
  };
}
