// A cable that can be tampered with: a TCP proxy on a port of its own that resets, holds, slices and delays what passes.
// Between relay and Asterisk, and between add-ons and relay. Held bytes and connections go on afterwards, as TCP repeats
// what was lost. Called by world.ts; the faults of faults.ts turn its knobs.
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A chunk takes up to this long in a delaying cable. */
const LONGEST_DELAY_MS = 60;
const MAX_SLICE_BYTES = 700;

export type Cable = AsyncDisposable & {
  readonly port: number;
  /** Where it leads; what is connected already stays where it is. */
  leadTo(port: number): void;
  /** Cuts all connections: both sides see a reset. @returns how many */
  reset(): number;
  /** Nothing passes, nobody is told. */
  hold(isHeld: boolean): void;
  /** Everything passes in small pieces, each a little late. */
  slice(isSliced: boolean): void;
};

export async function openCable(random: () => number, upstreamPort: number): Promise<Cable> {
  let target = upstreamPort;
  let isSliced = false;
  let held: PromiseWithResolvers<void> | null = null;
  const pairs = new Set<[Socket, Socket]>();

  /** Passes on what comes, one piece after the other; the sockets' own buffers bound what waits. */
  const pass = async (from: Socket, to: Socket): Promise<void> => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length;) {
        const size = isSliced ? 1 + Math.floor(random() * MAX_SLICE_BYTES) : chunk.length;
        if (isSliced) await new Promise((resolve) => setTimeout(resolve, random() * LONGEST_DELAY_MS));
        await held?.promise;
        if (to.destroyed) return;
        if (!to.write(chunk.subarray(at, at + size))) await once(to, 'drain');
        at += size;
      }
    }
    to.end();
  };

  const join = async (near: Socket): Promise<void> => {
    near.on('error', () => near.destroy());
    await held?.promise;
    const far = connect({ port: target, host: '127.0.0.1', noDelay: true });
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near]] as const) {
      one.on('error', () => other.destroy());
      one.on('close', () => {
        pairs.delete(pair);
        if (held === null) other.destroy();
        else void held.promise.then(() => other.destroy());
      });
      pass(one, other).catch(() => other.destroy()); // reset on one side: the other sees it, too
    }
  };

  const server = createServer({ noDelay: true }, (near) => void join(near)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    leadTo: (port) => (target = port),
    reset: () => {
      const all = [...pairs];
      for (const pair of all) for (const end of pair) end.resetAndDestroy();
      return all.length;
    },
    hold: (isHeld) => {
      held?.resolve();
      held = isHeld ? Promise.withResolvers() : null;
    },
    slice: (isOn) => (isSliced = isOn),
    [Symbol.asyncDispose]: async () => {
      held?.resolve();
      server.close();
      for (const pair of pairs) for (const end of pair) end.destroy();
      await once(server, 'close');
    },
  };
}
