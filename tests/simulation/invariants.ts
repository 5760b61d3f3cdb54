// What must hold after every single input, whatever got lost: of the board, and of the lines that are told. Pure; called
// by `relay.ts`. A breach is thrown as a `Broken`, and the world that led to it is printed.
import {
  MAX_CALLS_KEPT,
  MAX_CHANNELS,
  MAX_GONE_NAMES,
  MAX_MISSED_KEPT,
} from '../../relay/calls/switchboard.ts';
import type { Channel, Switchboard } from '../../relay/calls/switchboard.ts';
import type { Call, Line } from '../../shared/protocol.ts';

/** An invariant does not hold; the message says which. */
export class Broken extends Error {}

export function hold(condition: boolean, what: () => string): void {
  if (!condition) throw new Broken(what());
}

export function checkBoard(board: Switchboard): void {
  hold(board.channels.size <= MAX_CHANNELS, () => 'more channels than allowed');
  hold(board.gone.size <= MAX_GONE_NAMES, () => 'more gone names than allowed');
  for (const [extension, calls] of board.lines) {
    hold(calls.length <= MAX_CALLS_KEPT, () => `${extension} keeps ${calls.length} calls`);
    hold(new Set(calls.map(({ id }) => id)).size === calls.length, () => `${extension} has one id twice`);
    for (const call of calls) {
      hold(
        (call.endedAt !== null) === (call.state === 'ended') &&
          (call.endedAt !== null) === (call.endReason !== null),
        () => `${extension} call ${call.id} is ended and is not`,
      );
      hold(
        call.endedAt !== null || call.legs.size > 0 || board.endings.has(call),
        () => `${extension} call ${call.id} lives without a leg`,
      );
      for (const leg of call.legs) {
        hold(leg.call === call, () => `${leg.name} is a leg of ${call.id} and in another call`);
        hold(board.channels.get(leg.name) === leg, () => `${leg.name} is a leg of ${call.id} and no channel`);
        hold(leg.extension === extension, () => `${leg.name} is in a call of ${extension}`);
      }
    }
  }
  for (const [name, channel] of board.channels) {
    hold(channel.name === name, () => `${channel.name} is kept as ${name}`);
    hold(
      channel.call === null || channel.call.legs.has(channel) || channel.call.endedAt !== null,
      () => `${name} is in call ${channel.call?.id}, which does not have it`,
    );
    hold(
      channel.extension === null || (board.phones.get(channel.extension)?.has(channel) ?? false),
      () => `${name} is not among the phones of ${channel.extension}`,
    );
  }
  checkIndex(board, 'phones', board.phones);
  checkIndex(board, 'bridges', board.bridges);
  for (const channel of board.uniqueids.values()) checkKnown(board, 'uniqueids', channel);
  hold(board.missed.length <= MAX_MISSED_KEPT, () => 'more missed calls kept than allowed');
  hold(board.endings.size <= board.channels.size, () => 'more endings than whom they wait for');
}

function checkIndex(board: Switchboard, what: string, index: Switchboard['phones']): void {
  for (const [key, channels] of index) {
    hold(channels.size > 0, () => `${what}: ${key} is empty`);
    for (const channel of channels) checkKnown(board, what, channel);
  }
}

function checkKnown(board: Switchboard, what: string, channel: Channel): void {
  hold(board.channels.get(channel.name) === channel, () => `${what}: ${channel.name} is no channel any more`);
}

/** What a call may become, seen from a screen: nobody rings again after the talk, and nobody comes back from the end. */
const MAY_FOLLOW: Readonly<Record<Call['state'], readonly Call['state'][]>> = {
  ringing: ['ringing', 'talking', 'held', 'ended'],
  dialing: ['dialing', 'talking', 'held', 'ended'],
  talking: ['talking', 'held', 'ended'],
  held: ['talking', 'held', 'ended'],
  ended: ['ended'],
};

/** Follows one extension's lines as its screen would. */
export function createLineChecker(extension: string, onTold: (text: string) => void) {
  let seq: number | null = null;
  const last = new Map<string, Call>();
  const stories = new Map<string, string[]>();

  const takeCall = (call: Call): void => {
    const before = last.get(call.id);
    last.set(call.id, call);
    if (before) {
      hold(
        MAY_FOLLOW[before.state].includes(call.state),
        () => `${extension}: call ${call.id} was ${before.state} and is ${call.state}`,
      );
      hold(before.direction === call.direction, () => `${extension}: call ${call.id} changed its direction`);
      hold(before.startedAt === call.startedAt, () => `${extension}: call ${call.id} changed its beginning`);
    }
    const text = textOf(call);
    const story = stories.get(call.id) ?? [];
    stories.set(call.id, story);
    if (story.at(-1) === text) return;
    story.push(text);
    onTold(`${extension} ${call.id}: ${text}`);
  };

  return {
    take(line: Line): void {
      hold(
        seq === null || line.seq === seq + 1,
        () => `${extension}: seq ${seq} was followed by ${line.seq}`,
      );
      seq = line.seq;
      line.calls.forEach(takeCall);
    },
    /** Each call from its beginning to what it is now, with its additions at the end. */
    stories: (): string[][] => [...stories].map(([id, story]) => [...story, ...additionsOf(last.get(id))]),
  };
}

/** `ringing +79161234567`, `talking 101, internal`, `ended answered-elsewhere by 102`. */
export function textOf(call: Call): string {
  if (call.state === 'ended')
    return `ended ${call.endReason}${call.answeredBy === null ? '' : ` by ${call.answeredBy}`}`;
  return `${call.state} ${call.party.number ?? 'hidden'}${call.party.internal ? ', internal' : ''}`;
}

const additionsOf = (call: Call | undefined): string[] => [
  ...(call?.queue ? [`queue ${call.queue}`] : []),
  ...(call?.transferredBy ? [`transferred by ${call.transferredBy}`] : []),
];
