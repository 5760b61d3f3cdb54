// A phone that dials what a browser shows, to prove whose it is: which channels have done so, and how sure that is. Pure; used
// by `calls/poll.ts`.
//
// Only a poll proves it, never an event alone: whole events can be forged by a caller's number, but such a number leaves torn
// blocks behind, after which events are doubted, and a poll with a torn row does not end the doubt (`calls/apply.ts`). And only the
// first thing that the phone has dialled: a colleague who passes a call on to a code must not pair with the phone of whom he passes on.
//
//   the channel                                      →
//   has lifted and dialled the code first            its own dial
//   seen by polls alone, the code first, never       its own dial
//   ringing, nobody at the other side
//   came to the code later, or by a click-to-call    sent there
//   is called, or a Local channel                    nothing
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
  channel.toldCode = digits;
  const isSeenByPollsAlone = !channel.isAnnounced && channel.rangAtInput === null && !channel.connectedNumber;
  outputs.push({
    type: 'code-dialled',
    digits,
    extension: channel.extension,
    context: row.context ?? '',
    isOwnDial: isDialler && (channel.hasLifted || isSeenByPollsAlone) && channel.firstExten === row.exten,
  });
}
