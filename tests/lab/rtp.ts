// The sound of one call: a packet of silence every 20 ms while it goes on, keys as telephone events, and a count of what arrives.
// Called by lab/call.ts. Without sound Asterisk neither sees keys nor finishes some transfers. [RFC 3550 5.1, RFC 4733 2.3]

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { DTMF_PAYLOAD, type Media } from './sdp.ts';

const PACKET_MS = 20;
const SAMPLES = 160;
const SILENCE = Buffer.alloc(SAMPLES, 0xff);
const KEYS = '0123456789*#ABCD';

export class RtpStream {
  received = 0;
  sent = 0;
  readonly port: number;
  readonly #socket: Socket;
  readonly #onPacket: () => void;
  readonly #source = Math.floor(Math.random() * 2 ** 32);
  #sequence = Math.floor(Math.random() * 30_000);
  #timestamp = 0;
  #target: Media | null = null;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  private constructor(socket: Socket, onPacket: () => void) {
    this.#socket = socket;
    this.port = socket.address().port;
    this.#onPacket = onPacket;
    socket.on('message', () => {
      this.received++;
      this.#onPacket();
    });
    // The other side's port may be gone before we are: that is no news.
    socket.on('error', () => this.close());
  }

  static async open(host: string, onPacket: () => void): Promise<RtpStream> {
    const socket = createSocket('udp4');
    socket.bind(0, host);
    await once(socket, 'listening');
    return new RtpStream(socket, onPacket);
  }

  /** Sends there from now on; nowhere while the other side wants no sound. */
  sendTo(target: Media): void {
    this.#target = target;
    if (this.#isClosed) return;
    this.#timer ??= setInterval(() => this.#sendSilence(), PACKET_MS);
  }

  /** Presses keys, 100 ms each with a pause of 60. */
  async press(keys: string): Promise<void> {
    for (const key of keys) {
      const event = KEYS.indexOf(key.toUpperCase());
      if (event < 0) throw new Error(`No phone has the key ${key}`);
      const timestamp = this.#timestamp;
      for (let packet = 1; packet <= 8; packet++) {
        const isEnd = packet > 5; // the end is told three times, as a packet may be lost
        const duration = SAMPLES * Math.min(packet, 5);
        this.#send(
          Buffer.from([event, isEnd ? 0x8a : 0x0a, duration >> 8, duration & 0xff]),
          DTMF_PAYLOAD,
          timestamp,
          packet === 1,
        );
        await pause(PACKET_MS);
      }
      await pause(60);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#timer) clearInterval(this.#timer);
    this.#socket.close();
  }

  #sendSilence(): void {
    this.#timestamp += SAMPLES;
    const direction = this.#target?.direction ?? 'inactive';
    if (direction === 'sendrecv' || direction === 'recvonly')
      this.#send(SILENCE, 0, this.#timestamp, this.sent === 0);
  }

  #send(payload: Buffer, payloadType: number, timestamp: number, isMarked: boolean): void {
    if (this.#isClosed || !this.#target || this.#target.port === 0) return;
    const head = Buffer.alloc(12);
    head.writeUInt8(0x80, 0);
    head.writeUInt8(payloadType | (isMarked ? 0x80 : 0), 1);
    head.writeUInt16BE((this.#sequence = (this.#sequence + 1) & 0xffff), 2);
    head.writeUInt32BE(timestamp >>> 0, 4);
    head.writeUInt32BE(this.#source, 8);
    this.sent++;
    this.#socket.send(Buffer.concat([head, payload]), this.#target.port, this.#target.host, () => undefined);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
