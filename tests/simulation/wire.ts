// What lies between the PBX and the relay: packets in order, polls asked and answered when it suits, and all that may go
// wrong on the way. Pure. Called by `world.ts` and, at every packet, by `pbx.ts`.
import type { Packet } from '../../relay/ami/packet.ts';
import type { Random } from './random.ts';
import type { SimulatedRelay } from './relay.ts';

export type WireOptions = {
  relay: SimulatedRelay;
  random: Random;
  rows(): Packet[];
  /** Everything is told at once, and polls are asked only where the world wants them. */
  isCalm: boolean;
  /** Replies may not be whole. */
  isLossy: boolean;
  /** How likely one packet is lost. */
  loss: number;
};

export type Wire = ReturnType<typeof createWire>;

export function createWire({ relay, random, rows, isCalm, isLossy, loss }: WireOptions) {
  let isUp = true;
  let waiting: (() => void)[] = [];
  /** A poll that was asked: it is answered after so many more moments. */
  let poll: { take: (reply: readonly Packet[]) => void; momentsLeft: number } | null = null;

  const deliver = (): void => {
    const due = waiting;
    waiting = [];
    for (const take of due) take();
  };
  const ask = (momentsLeft: number): void => {
    if (!isUp || poll) return;
    deliver(); // [Asterisk writes the events that wait before it reads the next action]
    poll = { take: relay.ask(), momentsLeft };
  };
  const answer = (): void => {
    if (!poll) return;
    const { take } = poll;
    poll = null;
    let reply = rows();
    if (isLossy && random.chance(0.1)) reply = reply.slice(1); // a row is missing, and ListItems says so
    // Asterisk writes a reply at once, and events when their turn comes: those since the question may be overtaken.
    const overtaken = isCalm || random.chance(0.7) ? 0 : random.below(4);
    waiting.splice(Math.max(0, waiting.length - overtaken), 0, () => take(reply));
  };

  return {
    send(packet: Packet): void {
      if (!isUp) return;
      if (loss > 0 && random.chance(loss)) return;
      waiting.push(() => relay.packet(packet));
      if (isCalm || random.chance(0.7)) deliver();
    },
    deliver,
    onMoment(): void {
      if (isCalm) return;
      if (poll && (poll.momentsLeft -= 1) < 0) answer();
      if (!poll && random.chance(relay.isPollWanted() ? 0.5 : 0.02)) ask(random.below(12));
    },
    /** Everything has arrived, and the PBX has been asked twice since, a period apart. */
    settle(onPolled: () => void): void {
      isUp = true;
      // A reply that is not whole is asked for again: ten in a row are not to be expected of any seed.
      for (let asked = 0, answered = 0; answered < 2 && asked < 12; asked += 1) {
        answer();
        deliver();
        const before = relay.board.inputs;
        ask(0);
        answer();
        deliver();
        if (relay.board.inputs > before) answered += 1;
        onPolled();
      }
      relay.answerDirectory();
    },
    drop(): void {
      isUp = false;
      waiting = [];
      poll = null;
      relay.lose();
    },
    reconnect(): void {
      if (isUp) return;
      isUp = true;
      ask(random.below(8));
    },
    isUp: () => isUp,
    /** A torn block came by. */
    tear: () => isUp && waiting.push(() => relay.packet({ x: 'y' })),
  };
}
