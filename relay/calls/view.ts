// A line as the wire tells it: the calls of one extension, seen from it. Pure; called by `exchange.ts`.
import { MAX_CALLS_IN_LINE } from '../../shared/protocol.ts';
import type { Call as CallView } from '../../shared/protocol.ts';
import type { Call, Switchboard } from './switchboard.ts';

/** The line of an extension: live calls before ended ones when not all fit, oldest first. */
export function viewLine(board: Switchboard, extension: string): CallView[] {
  const calls = board.lines.get(extension) ?? [];
  if (calls.length <= MAX_CALLS_IN_LINE) return calls.map(viewCall);
  const [live, ended] = [
    calls.filter((call) => call.endedAt === null),
    calls.filter((call) => call.endedAt !== null),
  ];
  const shown = new Set([...ended, ...live].slice(-MAX_CALLS_IN_LINE));
  return calls.filter((call) => shown.has(call)).map(viewCall);
}

function viewCall(call: Call): CallView {
  const { remote, found } = call;
  return {
    id: call.id,
    direction: call.direction,
    state: call.state,
    party: {
      number: remote.number.number,
      display: remote.number.display,
      name: remote.name,
      internal: remote.extension !== null,
      client: found?.client ?? null,
      url: found?.url ?? null,
    },
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
