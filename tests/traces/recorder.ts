// Listens to a live Asterisk and tells what it says as moments of a trace. Only reads: it logs in, sets the event mask,
// asks for the channels again and again, logs off. Through the relay's own connection, so packets are what the relay
// would have got, in its order. Called by the recorder command and by the lab.
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AmiError, connectAmi } from '../../relay/ami/connection.ts';
import type { AmiAccount, AmiConnection } from '../../relay/ami/connection.ts';
import { read } from '../../relay/ami/packet.ts';
import type { Packet } from '../../relay/ami/packet.ts';
import type { Moment, TracePacket } from './trace.ts';

const RECONNECT_MS = 250;

export type RecorderOptions = {
  account: AmiAccount;
  pollEveryMs?: number;
  /** UserEvents too, which the relay asks for only where its settings say so. */
  isUserListening?: boolean;
  /** Must not throw: what it does stands in the way of the next packet. */
  onMoment(moment: Moment): void;
};

export type Recorder = {
  /** `Asterisk 16.28.0, AMI 5.0.4`; '' where it does not say. */
  asterisk: string;
  /** Notes what happened outside: `SIP 101 -> 180`. */
  mark(text: string): void;
  /** Logs off. */
  stop(): Promise<void>;
};

/** Resolves when the first poll is answered; rejects with an AmiError. Later losses are moments, and it tries again. */
export async function startRecorder(options: RecorderOptions): Promise<Recorder> {
  const { account, pollEveryMs = 250, isUserListening = true, onMoment } = options;
  const stopping = new AbortController();
  const startedAt = performance.now();
  const ms = (): number => Math.round(performance.now() - startedAt);
  let polls = 0;

  const poll = async (ami: AmiConnection): Promise<void> => {
    const asked = ++polls;
    onMoment({ ms: ms(), asked });
    const packets = await ami.askList('CoreShowChannels', (packet) => packet);
    onMoment({ ms: ms(), answered: asked, packets: packets.map(tracePacket) });
  };

  /** A session whose first poll is answered; nothing is left open when it fails. */
  const open = async (): Promise<{ ami: AmiConnection; lost: AbortSignal }> => {
    const losing = new AbortController();
    const ami = await connectAmi(account, {
      onPacket: (packet) => onMoment({ ms: ms(), event: tracePacket(packet) }),
      onListenerError: (error) => losing.abort(error),
      onClose: (error) => losing.abort(error),
      randomId: () => randomBytes(12).toString('base64url'),
      signal: stopping.signal,
      connectDeadlineMs: 3_000,
      answerDeadlineMs: 3_000,
      pingEveryMs: 2_000,
    });
    try {
      await ami.ask('Events', { EventMask: isUserListening ? 'call,user' : 'call' });
      await poll(ami);
    } catch (error) {
      await ami.logOff();
      throw error;
    }
    return { ami, lost: losing.signal };
  };

  let session = await open();
  const settings = await session.ami.ask('CoreSettings').catch((): Packet => ({})); // may be refused

  /** Polls until the link is lost, then notes that, and connects anew. */
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const ending = AbortSignal.any([stopping.signal, session.lost]);
      const began = performance.now();
      try {
        await sleep(pollEveryMs, undefined, { signal: ending });
        for (;;) {
          await poll(session.ami);
          const tookMs = (performance.now() - began) % pollEveryMs;
          await sleep(pollEveryMs - tookMs, undefined, { signal: ending });
        }
      } catch (error) {
        if (stopping.signal.aborted) return;
        const reason: unknown = session.lost.aborted ? session.lost.reason : error;
        if (!(reason instanceof AmiError)) throw reason;
        onMoment({ ms: ms(), lost: reason.code });
        await session.ami.logOff();
        session = await reopen();
      }
    }
  };

  const reopen = async (): Promise<typeof session> => {
    for (;;) {
      stopping.signal.throwIfAborted();
      try {
        return await open();
      } catch (error) {
        if (!(error instanceof AmiError)) throw error;
        await sleep(RECONNECT_MS);
      }
    }
  };

  const running = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
  const [product, ami] = [read(settings, 'asteriskversion'), read(settings, 'amiversion')];
  return {
    asterisk: product === '' ? '' : `Asterisk ${product}, AMI ${ami}`,
    mark: (text) => onMoment({ ms: ms(), mark: text }),
    stop: async () => {
      stopping.abort();
      await session.ami.logOff();
      await running;
    },
  };
}

/** Texts and lists of texts; whatever else the package's reader makes of a stranger's key is left out. */
function tracePacket(packet: Packet): TracePacket {
  const kept: TracePacket = {};
  for (const [key, value] of Object.entries(packet))
    if (typeof value === 'string') kept[key] = value;
    else if (Array.isArray(value)) kept[key] = value.filter((item) => typeof item === 'string');
  return kept;
}
