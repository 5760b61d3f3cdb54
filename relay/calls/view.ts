// A line as the wire tells it: the calls of one extension, seen from it. Pure; called by `exchange.ts`, and by
// `serve.ts` where there are several PBXs.
import { MAX_CALLS_IN_LINE } from '../../shared/protocol.ts';
import type { Call as CallView, Client, Party } from '../../shared/protocol.ts';
import { finishAddress } from '../address.ts';
import type { Found, FoundClient } from './facts.ts';
import type { Call, Remote, Switchboard } from './switchboard.ts';

/** The line of an extension, oldest call first. */
export const viewLine = (board: Switchboard, extension: string): CallView[] =>
  withFewPictures(whatFits(board.lines.get(extension) ?? []).map(viewCall));

/** The line of an extension that has phones on several PBXs, as those tell it. */
export function mergeLines(lines: readonly CallView[][]): CallView[] {
  const [only = [], ...others] = lines.filter(({ length }) => length > 0);
  if (others.length === 0) return only;
  return withFewPictures(whatFits([only, ...others].flat().sort((a, b) => a.startedAt - b.startedAt)));
}

/** When not all fit: live calls, then those that ended last. */
function whatFits<T extends { endedAt: number | null }>(calls: T[]): T[] {
  if (calls.length <= MAX_CALLS_IN_LINE) return calls;
  const [live, ended] = [
    calls.filter((call) => call.endedAt === null),
    calls
      .filter((call) => call.endedAt !== null)
      .sort((one, other) => (one.endedAt ?? 0) - (other.endedAt ?? 0)),
  ];
  const shown = new Set([...ended, ...live].slice(-MAX_CALLS_IN_LINE));
  return calls.filter((call) => shown.has(call));
}

/** A frame has room for so many [shared/protocol.ts: MAX_DOWN_BYTES]. */
const MAX_PICTURES = 4;

/** The newest calls keep theirs. */
function withFewPictures(line: CallView[]): CallView[] {
  let left = MAX_PICTURES;
  return line
    .toReversed()
    .map((call) => {
      const { client } = call.party;
      if (client === null || client.image === null) return call;
      left -= 1;
      return left >= 0 ? call : { ...call, party: { ...call.party, client: { ...client, image: null } } };
    })
    .toReversed();
}

type Seen = Pick<Call, 'extension' | 'direction' | 'dialed' | 'queue'>;

/** The other side of a call as its extension sees it. Also called by the command `lookup`. */
export function partySeenBy(
  call: Seen,
  remote: Pick<Remote, 'number' | 'name' | 'extension'>,
  found: Found | null,
): Party {
  return {
    number: remote.number.number,
    display: remote.number.display,
    name: remote.name,
    internal: remote.extension !== null,
    client: found?.client ? clientSeenBy(call.extension, found.client) : null,
    url: found?.url ? finishAddress(found.url, call) : null,
  };
}

function viewCall(call: Call): CallView {
  return {
    id: call.id,
    direction: call.direction,
    state: call.state,
    party: partySeenBy(call, call.remote, call.found),
    dialed: call.dialed,
    queue: call.queue,
    transferredBy: call.transferredBy,
    startedAt: call.startedAt,
    answeredAt: call.answeredAt,
    endedAt: call.endedAt,
    endReason: call.endReason,
    answeredBy: call.answeredBy,
  };
}

const clientSeenBy = (extension: string, { managers = [], ...client }: FoundClient): Client =>
  managers.includes(extension) ? { ...client, isYours: true } : client;
