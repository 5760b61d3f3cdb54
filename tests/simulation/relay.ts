// The relay's pure path as a world drives it: packets, polls and time in, lines out, held against what must always hold.
// As `ami/pbx.ts` and `exchange.ts` do it, but for sockets and clocks. Called by `wire.ts` and `world.ts`.
import { readEvent } from '../../relay/ami/events.ts';
import { readReply } from '../../relay/ami/poll.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import { apply } from '../../relay/calls/apply.ts';
import type { Input } from '../../relay/calls/facts.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createSwitchboard } from '../../relay/calls/switchboard.ts';
import { viewLine } from '../../relay/calls/view.ts';
import { createHub } from '../../relay/feed/hub.ts';
import { MAX_CALLS_IN_LINE } from '../../shared/protocol.ts';
import type { Down } from '../../shared/protocol.ts';
import { checkBoard, createLineChecker } from './invariants.ts';
import { describeNumber } from './office.ts';

export type SimulatedRelay = ReturnType<typeof createSimulatedRelay>;

export type RelayOptions = {
  extensions: readonly string[];
  now(): number;
  /** The directory answers when it likes, not at once. */
  isDirectorySlow: boolean;
  onInput(input: Input): void;
  /** A call is told as something else than before. */
  onTold(text: string): void;
};

export function createSimulatedRelay(options: RelayOptions) {
  const { now } = options;
  const board = createSwitchboard({
    ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix: '' }),
    describeNumber,
  });
  const hub = createHub({
    epoch: 'simulated',
    line: (extension) => viewLine(board, extension),
    pbx: () => ({ state: 'up', since: 0, isKnown: true }),
    onLineSent: () => undefined,
  });
  const checkers = new Map(
    options.extensions.map((extension) => [extension, createLineChecker(extension, options.onTold)]),
  );
  for (const [extension, checker] of checkers)
    hub.join(extension, {
      begun: () => undefined,
      send: (text) => {
        const message = JSON.parse(text) as Down;
        if (message.type === 'line') checker.take(message);
      },
    });
  let isPolled = false;
  let isPollWanted = false;
  /** When the switchboard wants to be told that time has passed. */
  const ticks: number[] = [];
  /** Extensions that had more calls than a line tells of. */
  const crowded = new Set<string>();
  const askedOfDirectory: string[] = [];

  const take = (first: Input): void => {
    const changed = new Map<string, string | null>();
    const inputs = [first];
    for (let input = inputs.shift(); input; input = inputs.shift()) {
      options.onInput(input);
      for (const output of apply(board, input, now()))
        switch (output.type) {
          case 'line':
            changed.set(output.extension, output.cause ?? changed.get(output.extension) ?? null);
            break;
          case 'look-up':
            if (options.isDirectorySlow) askedOfDirectory.push(output.number);
            else inputs.push(found(output.number));
            break;
          case 'poll-soon':
            isPollWanted = true;
            break;
          case 'code-dialled':
          case 'named-late':
            break; // these worlds pair nobody and keep no journal
          case 'tick-in':
            ticks.push(now() + output.ms);
            break;
          case 'named-late': // for the journal, which is not here
        }
    }
    for (const [extension, calls] of board.lines)
      if (calls.length > MAX_CALLS_IN_LINE) crowded.add(extension);
    for (const [extension, cause] of changed) hub.publish(extension, cause, viewLine(board, extension));
    checkBoard(board);
  };

  return {
    board,
    crowded,
    take,
    stories: (extension: string) => checkers.get(extension)?.stories() ?? [],
    line: (extension: string) => viewLine(board, extension),
    isPollWanted: () => isPollWanted,
    nextTick: () => Math.min(...ticks),
    tick(): void {
      for (const due of ticks.filter((at) => at <= now())) ticks.splice(ticks.indexOf(due), 1);
      take({ type: 'tick' });
    },
    packet(packet: Packet): void {
      if (!isPolled) return; // the first poll of a session comes before all
      const event = readEvent(packet);
      if (event === 'malformed') take({ type: 'doubt' });
      else if (event) take(event);
    },
    /** Asks for a poll; what it returns takes the reply, whenever that comes. */
    ask(): (reply: readonly Packet[]) => void {
      isPollWanted = false;
      const askedAt = board.inputs;
      const isFirst = !isPolled;
      return (reply) => {
        const channels = readReply(reply);
        if (!channels) return;
        take({ type: 'poll', askedAt, isFirst, channels });
        isPolled = true;
      };
    },
    lose(): void {
      isPolled = false;
    },
    answerDirectory(): void {
      for (const number of askedOfDirectory.splice(0)) take(found(number));
    },
  };
}

const found = (number: string): Input => ({
  type: 'found',
  number,
  found: {
    client: { id: number, name: `Client ${number}`, image: null, others: 0, fields: [] },
    url: null,
  },
});
