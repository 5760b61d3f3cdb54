// Asking Asterisk which channels there are: the truth that corrects whatever events got wrong. Called by `ami/pbx.ts`.
import type { ChannelFacts } from '../calls/facts.ts';
import type { AmiConnection } from './connection.ts';
import { readRow } from './events.ts';
import { read } from './packet.ts';
import type { Packet } from './packet.ts';

/** All channels at one moment; null where the reply was not complete. Rejects with an AmiError. */
export async function pollChannels(connection: AmiConnection): Promise<ChannelFacts[] | null> {
  return readReply(await connection.askList('CoreShowChannels'));
}

/** The rows of a whole reply, its closing packet last [AMI CoreShowChannelsComplete: ListItems]. */
export function readReply(packets: readonly Packet[]): ChannelFacts[] | null {
  const closing = packets.at(-1);
  const rows = packets.slice(0, -1).filter((packet) => read(packet, 'event') === 'CoreShowChannel');
  if (!closing || read(closing, 'event') !== 'CoreShowChannelsComplete') return null;
  if (Number(read(closing, 'listitems') || Number.NaN) !== rows.length) return null;
  const facts = rows.map(readRow);
  return facts.includes(null) ? null : facts.filter((row) => row !== null);
}
