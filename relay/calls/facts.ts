// What the PBX tells, in one language for all its dialects: the inputs of the switchboard. Types only.
import type { Client } from '../../shared/protocol.ts';

/** [AST_STATE_*, include/asterisk/channelstate.h] The states that matter; others are taken as Down. */
export const CHANNEL_STATE = { down: 0, ring: 4, ringing: 5, up: 6 } as const;

/** What is told of a channel; `undefined`: not told this time, which never means "no longer so". */
export type ChannelFacts = {
  name: string;
  uniqueid: string;
  /** [12+] The Uniqueid of the first channel of the call; rewritten by transfers. */
  linkedid?: string | undefined;
  state?: number | undefined;
  callerNumber?: string | undefined;
  callerName?: string | undefined;
  /** '' where it was told that nobody knows it. */
  connectedNumber?: string | undefined;
  connectedName?: string | undefined;
  exten?: string | undefined;
  /** Polls only: the context of the dialplan that it is in. */
  context?: string | undefined;
  /** Polls only. */
  application?: string | undefined;
  /** The queue that a caller waits in or was answered from; null: none. */
  queue?: string | null | undefined;
  /** '' where it is in no bridge. */
  bridgeId?: string | undefined;
  /** Polls only: milliseconds since the channel was made. */
  ageMs?: number | undefined;
};

export type PbxEvent =
  | { type: 'channel-new' | 'channel-changed'; channel: ChannelFacts }
  | { type: 'dial-begin'; source: ChannelFacts | null; destination: ChannelFacts }
  | { type: 'dial-end'; source: ChannelFacts | null; destination: ChannelFacts | null; status: string }
  /** [11] Two ends were joined, or parted (bridgeId ''). */
  | { type: 'bridged'; names: readonly string[]; bridgeId: string }
  | { type: 'hangup'; channel: ChannelFacts; cause: number }
  /** A device goes on in the place of another channel, which is no more [Rename, after a masquerade]. */
  | { type: 'took-place'; name: string; of: string }
  /** `name` took the call that rang at `target`. */
  | { type: 'picked-up'; name: string; target: string }
  /** The transferers have left; the others stay. A blind transfer has one transferer and no target yet. */
  | { type: 'transferred'; transferers: readonly string[]; transferees: readonly string[] }
  | { type: 'parked'; name: string }
  | { type: 'hold'; name: string; isHeld: boolean }
  /** [11] A caller came into a queue, or left it (null). */
  | { type: 'queued'; name: string; queue: string | null }
  /** The dialplan itself says who is calling on this channel [UserEvent]. */
  | { type: 'client-told'; uniqueid: string; found: Found };

/** A client before it is known who looks: `managers` are the extensions of those whose client it is. */
export type FoundClient = Omit<Client, 'isYours'> & { managers?: readonly string[] };

/**
 * What the directory found for a number; `url` is what a click opens, also where no client is known: a template yet of
 * what only the call knows [relay/address.ts].
 */
export type Found = { client: FoundClient | null; url: string | null };

export type Input =
  | PbxEvent
  /** A torn or forged block was seen: events prove nothing until a poll asked after it has answered. */
  | { type: 'doubt' }
  /** All channels; `askedAt`: events that came later are newer than it; `isFirst`: the first of an AMI session. */
  | { type: 'poll'; askedAt: number; isFirst: boolean; channels: readonly ChannelFacts[] }
  | { type: 'found'; number: string; found: Found }
  /** Time passes: ended calls leave their line. */
  | { type: 'tick' };

export type Output =
  /** The line of this extension is not what it was; `cause`: the call that changed. */
  | { type: 'line'; extension: string; cause: string | null }
  /** The directory has answered after the call's end: for those who read of it later. */
  | { type: 'named-late'; extension: string; cause: string }
  /** Whose number is it? The answer comes back as `found`, and nobody waits for it. */
  | { type: 'look-up'; number: string }
  /** A code was dialled that a browser shows. `extension`: whose phone it was; null: no phone. */
  | { type: 'code-dialled'; digits: string; extension: string | null; context: string; isOwnDial: boolean }
  /** Something is understood only by what does not follow: tick then. */
  | { type: 'tick-in'; ms: number }
  /** A poll would tell what events leave open: ask now, not at the next period. */
  | { type: 'poll-soon' };
