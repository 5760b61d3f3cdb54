// Asking Asterisk which channels there are: the truth that corrects whatever events got wrong. Called by `ami/pbx.ts`.
import type { ChannelFacts } from '../calls/facts.ts';
import type { AmiConnection } from './connection.ts';
import { readRow } from './events.ts';
import { read } from './packet.ts';
import type { Packet } from './packet.ts';

/** All channels at one moment; null where the reply was not complete. Rejects with an AmiError. */
export async function pollChannels(
  connection: Pick<AmiConnection, 'askList'>,
): Promise<ChannelFacts[] | null> {
  return wholeReply(await connection.askList('CoreShowChannels', readItem));
}

/** The same of packets that were kept, the closing one last. */
export const readReply = (packets: readonly Packet[]): ChannelFacts[] | null =>
  wholeReply(packets.map(readItem));

/** A row, null where it is broken; of the closing packet the number of rows; undefined: neither. */
type Item = ChannelFacts | number | null | undefined;

function readItem(packet: Packet): Item {
  switch (read(packet, 'event')) {
    case 'CoreShowChannel':
      return readRow(packet);
    case 'CoreShowChannelsComplete':
      return Number(read(packet, 'listitems') || Number.NaN);
    default:
      return undefined;
  }
}

/** [AMI CoreShowChannelsComplete: ListItems] */
function wholeReply(items: readonly Item[]): ChannelFacts[] | null {
  const rows: ChannelFacts[] = [];
  for (const item of items.slice(0, -1)) {
    if (item === null) return null;
    if (typeof item === 'object') rows.push(item);
  }
  return items.at(-1) === rows.length ? rows : null;
}
