// A phone that dials what a browser shows, to prove whose it is: which channels have done so, and how sure that is. Pure; used
// by `calls/poll.ts`.
//
// Only a poll proves it, never an event alone: whole events can be forged by a caller's number, but such a number leaves torn
// blocks behind, after which events are doubted, and a poll with a torn row does not end the doubt (`calls/apply.ts`). And only the
// first thing that the phone has dialled: a colleague who passes a call on to a code must not pair with the phone of whom he passes on.
//
//   the channel                                      →
//   has lifted and dialled the code first            its own dial
//   seen by polls alone, by the id that it had from  its own dial
//   the first, the code first, never ringing, nobody
//   came to the code later, or by a click-to-call    sent there
//   is called, or a Local channel, or has not been   nothing
//   seen to lift yet
import { CHANNEL_STATE } from './facts.ts';
import type { ChannelFacts, Output } from './facts.ts';
import { isLocal } from './far-end.ts';
import type { Channel, Switchboard } from './switchboard.ts';

/** Whether this call is to nobody, and about to be polled for. */
export const isToCode = ({ options }: Switchboard, exten: string | null | undefined): boolean =>
  typeof exten === 'string' && typeof options.codeIn?.(exten) === 'string';

/** Of a row of a poll that can be trusted. */
export function noteDialledCode(
  board: Switchboard,
  channel: Channel,
  row: ChannelFacts,
  outputs: Output[],
): void {
  const digits = row.exten === undefined ? null : (board.options.codeIn?.(row.exten) ?? null);
  if (digits === null || channel.toldCode === digits || isLocal(channel)) return;
  const isDialler = channel.role === 'caller';
  const isSent = channel.extension !== null && channel.state === CHANNEL_STATE.up && channel.bridgeId === '';
  if (!isDialler && !isSent) return;
  const { isAnnounced, hasLifted, isReplacement, firstExten } = channel;
  const hasRung = channel.rangAtInput !== null;
  // Rows overtake events: the one that tells of the lifting has a poll asked for again.
  if (isAnnounced && !hasLifted && !hasRung && firstExten === row.exten) return;
  channel.toldCode = digits;
  const isSeenByPollsAlone = !isAnnounced && !isReplacement && !hasRung && !channel.connectedNumber;
  outputs.push({
    type: 'code-dialled',
    digits,
    extension: channel.extension,
    context: row.context ?? '',
    isOwnDial: isDialler && (hasLifted || isSeenByPollsAlone) && firstExten === row.exten,
  });
}
