// Packets, polls, late answers and time onto a switchboard: nothing throws, what is told can be sent, nothing grows beyond
// its bound, and after two empty polls nothing is left. Called by `fuzz.ts`.
import assert from 'node:assert/strict';
import { readEvent } from '../../relay/ami/events.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import { readReply } from '../../relay/ami/poll.ts';
import { apply } from '../../relay/calls/apply.ts';
import type { Input } from '../../relay/calls/facts.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createSwitchboard, MAX_CHANNELS } from '../../relay/calls/switchboard.ts';
import { viewLine } from '../../relay/calls/view.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import { ENDED_CALL_STAYS_MS } from '../../shared/protocol.ts';
import type { Random } from '../simulation/random.ts';
import { checkBounds, checkLine } from './checks.ts';
import { emptyReply, somePacket, someReply } from './packets.ts';

const CHECK_BOUNDS_EVERY = 50;
/** As of an installation that sets nothing. */
export const SETTINGS = {
  ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix: '' }),
  describeNumber: numberDescriber('RU'),
};

export type BoardFuzzer = {
  fuzzOne(random: Random, recorded: readonly Packet[]): void;
  /** The PBX has no channels any more: two polls say so, and a minute passes. */
  end(): void;
};

export function createBoardFuzzer(): BoardFuzzer {
  const board = createSwitchboard(SETTINGS);
  const unanswered: string[] = [];
  let now = Date.UTC(2026, 0, 1);
  let count = 0;

  const take = (input: Input): void => {
    const changed = new Map<string, string | null>();
    for (const output of apply(board, input, now))
      if (output.type === 'line') changed.set(output.extension, output.cause);
      else if (output.type === 'look-up') unanswered.push(output.number);
    for (const [extension, cause] of changed) checkLine(extension, cause, viewLine(board, extension));
  };
  const takeReply = (reply: readonly Packet[], askedAt: number, isFirst: boolean): void => {
    const channels = readReply(reply);
    if (channels) take({ type: 'poll', askedAt, isFirst, channels });
  };
  const answer = (random: Random): void => {
    const number = unanswered.splice(random.below(unanswered.length), 1)[0];
    if (number !== undefined) take({ type: 'found', number, found: { client: null, url: null } });
  };

  return {
    fuzzOne: (random, recorded) => {
      // Clocks are set back, too.
      now += random.chance(0.01) ? -5_000 : random.below(random.chance(0.02) ? 20_000 : 50);
      if (random.chance(0.08))
        takeReply(someReply(random), Math.max(0, board.inputs - random.below(20)), random.chance(0.05));
      else if (random.chance(0.03)) take({ type: 'tick' });
      else {
        const event = readEvent(somePacket(random, recorded));
        if (event) take(event === 'malformed' ? { type: 'doubt' } : event);
      }
      while (unanswered.length > 10 || random.chance(unanswered.length / 10)) answer(random);
      count += 1;
      if (count % CHECK_BOUNDS_EVERY === 0) checkBounds(board);
    },
    end: () => {
      takeReply(emptyReply(), board.inputs, false);
      takeReply(emptyReply(), board.inputs, false);
      assert.deepEqual([...board.channels.keys()], [], 'channels that no poll tells of');
      assert.equal(board.phones.size, 0);
      for (const calls of board.lines.values())
        for (const call of calls)
          assert.equal(call.state, 'ended', `${call.id} of ${call.extension} goes on`);
      now += ENDED_CALL_STAYS_MS + 60_000; // beyond all that the clock was set back
      take({ type: 'tick' });
      assert.deepEqual([...board.lines.keys()], []);
      for (const number of unanswered) take({ type: 'found', number, found: { client: null, url: null } });
      assert.equal(board.lookUps.size, 0);
      checkBounds(board);
    },
  };
}

/** More channels than there may be, told by events and by a poll, and all gone again. */
export function flood(): void {
  const board = createSwitchboard(SETTINGS);
  const at = Date.UTC(2026, 0, 1);
  const channels = Array.from({ length: MAX_CHANNELS + 1_000 }, (_, n) => ({
    name: `SIP/${n % 100 === 0 ? 101 : `trunk${n}`}-${n.toString(16)}`,
    uniqueid: `1700000000.${n}`,
    state: 5,
    connectedNumber: String(n),
  }));
  for (const channel of channels) apply(board, { type: 'channel-new', channel }, at);
  apply(board, { type: 'poll', askedAt: board.inputs, isFirst: false, channels }, at);
  checkBounds(board);
  assert.equal(board.channels.size, MAX_CHANNELS);
  for (const channel of channels) apply(board, { type: 'hangup', channel, cause: 16 }, at);
  checkBounds(board);
  assert.equal(board.channels.size, 0);
}
