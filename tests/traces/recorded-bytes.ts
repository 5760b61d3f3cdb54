// The recordings of Asterisk 11 (`NAME.ami` the exact bytes, `NAME.times` when they came) → moments of a trace. Their
// account had every right; the relay asks for the classes `call` and `user`, so the rest is left out here. Pure; called
// by `recording.ts`.
import type { Moment, TracePacket } from './trace.ts';

/** `times`: one line a moment, `ms<TAB>byte offset<TAB>mark`. */
export function readBytes(bytes: Uint8Array, times: string): Moment[] {
  const moments: Moment[] = [];
  let session = newSession();
  for (const line of times.trim().split('\n')) {
    const [time = '', offset = '', mark = ''] = line.split('\t');
    const ms = Number(time);
    const received = /^AMI RX (\d+)/.exec(mark);
    if (received) {
      const from = Number(offset);
      const text = session.decoder.decode(bytes.subarray(from, from + Number(received[1])), { stream: true });
      for (const packet of session.packetsOf(text)) session.take(packet, ms, moments);
    } else if (/^AMI (?:CLOSED|up again)$/.test(mark)) {
      if (mark === 'AMI CLOSED' && !session.isLoggedOff) moments.push({ ms, lost: 'ami.closed' });
      session = newSession();
    } else if (mark.startsWith('AMI TX')) {
      const poll = /ActionID=poll(\d+)$/.exec(mark)?.[1];
      if (poll !== undefined) moments.push({ ms, asked: Number(poll) });
      else session.otherActions += 1;
      session.isLoggedOff = /Logoff$/.test(mark);
      if (/Action=(?!CoreShowChannels|Logoff)/.test(mark)) moments.push({ ms, mark });
    } else moments.push({ ms, mark });
  }
  return moments;
}

function newSession() {
  let unread = '';
  let lines: string[] = [];
  const rows = new Map<number, TracePacket[]>();
  let isKept = true;
  const session = {
    decoder: new TextDecoder(),
    /** Asked and not answered yet, polls apart. */
    otherActions: 0,
    isLoggedOff: false,
    packetsOf(text: string): TracePacket[] {
      const packets: TracePacket[] = [];
      const pieces = (unread + text).split(/\r?\n/);
      unread = pieces.pop() ?? '';
      for (const line of pieces) {
        if (line !== '') lines.push(line);
        else {
          packets.push(readPacket(lines));
          lines = [];
        }
      }
      return packets;
    },
    take(packet: TracePacket, ms: number, moments: Moment[]): void {
      const first = Object.keys(packet)[0];
      const poll = /^poll(\d+)$/.exec(textOf(packet, 'actionid'))?.[1];
      if (poll !== undefined) {
        if (first !== 'event') return;
        const packets = [...(rows.get(Number(poll)) ?? []), packet];
        rows.set(Number(poll), packets);
        if (textOf(packet, 'event') === 'CoreShowChannelsComplete')
          moments.push({ ms, answered: Number(poll), packets });
        return;
      }
      if (first === 'response' && session.otherActions > 0) {
        session.otherActions -= 1;
        return;
      }
      // What a stranger's line breaks tore off an event that the relay does not get, it does not get either.
      if (first === 'event') isKept = /^(?:$|call|user)/.test(textOf(packet, 'privilege'));
      if (isKept) moments.push({ ms, event: packet });
    },
  };
  return session;
}

const textOf = (packet: TracePacket, key: string): string => [packet[key] ?? ''].flat()[0] ?? '';

/** As the package's reader does it: keys in lower case, repeated ones as lists. */
function readPacket(lines: readonly string[]): TracePacket {
  const packet: TracePacket = {};
  for (const line of lines) {
    if (line.startsWith('Asterisk Call Manager')) continue;
    const [name = '', ...rest] = line.split(': ');
    const key = name.trim().toLowerCase();
    const before = packet[key];
    const value = rest.join(': ');
    packet[key] = before === undefined ? value : [before, value].flat();
  }
  return packet;
}
