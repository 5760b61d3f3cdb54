// What must hold after every single input, whatever got lost: of the board, and of the lines that are told. Pure; called
// by `relay.ts`. A breach is thrown as a `Broken`, and the world that led to it is printed.
import {
  MAX_CALLS_KEPT,
  MAX_CHANNELS,
  MAX_GONE_NAMES,
} from '../../relay/calls/switchboard.ts';
import type { Switchboard } from '../../relay/calls/switchboard.ts';
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
        (call.endedAt !== null) === (call.state === 'ended') && (call.endedAt !== null) === (call.endReason !== null),
        () => `${extension} call ${call.id} is ended and is not`,
      );
      hold(call.endedAt !== null || call.legs.size > 0, () => `${extension} call ${call.id} lives without a leg`);
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
  for (const [extension, phones] of board.phones) {
    hold(phones.size > 0, () => `${extension} has an empty set of phones`);
    for (const phone of phones)
      hold(board.channels.get(phone.name) === phone, () => `${phone.name} is a phone and no channel`);
  }
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
export function createLineChecker(extension: string) {
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
    if (story.at(-1) !== text) story.push(text);
  };

  return {
    take(line: Line): void {
      hold(seq === null || line.seq === seq + 1, () => `${extension}: seq ${seq} was followed by ${line.seq}`);
      seq = line.seq;
      line.calls.forEach(takeCall);
    },
    stories: (): string[][] => [...stories.values()],
  };
}

/** `ringing +79161234567`, `talking 101, internal`, `ended answered-elsewhere by 102`. */
export function textOf(call: Call): string {
  if (call.state === 'ended')
    return `ended ${call.endReason}${call.endReason === 'answered-elsewhere' && call.answeredBy ? ` by ${call.answeredBy}` : ''}`;
  return `${call.state} ${call.party.number ?? 'hidden'}${call.party.internal ? ', internal' : ''}`;
}
