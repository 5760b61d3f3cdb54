// The dialplan may say itself who is calling, before it dials:
//   UserEvent(RingcueClient,ClientId: 7,ClientName: Romashka Ltd,CardUrl: https://crm.example/7)
// Then nobody needs to look the number up. Pure; called by `ami/events.ts`. [UserEvent: Uniqueid of the caller's channel]
import { asItStands } from '../address.ts';
import { cleanText } from '../numbers.ts';
import type { PbxEvent } from '../calls/facts.ts';
import { isRepeated, read } from './packet.ts';
import type { Packet } from './packet.ts';

export const CLIENT_EVENT = 'RingcueClient';
const MAX_TEXT_LENGTH = 200;
const UNMARKED = { image: null, others: 0, fields: [] };
/** Shorter than what is cut when read [ami/packet.ts]: half an address would open another page. */
const MAX_URL_LENGTH = 1_000;

/** null: another UserEvent, or one whose headers are repeated, as a caller's text could repeat them. */
export function readToldClient(packet: Packet): PbxEvent | null {
  if (read(packet, 'userevent') !== CLIENT_EVENT) return null;
  const uniqueid = read(packet, 'uniqueid'); // the channel's own comes first
  const keys = ['userevent', 'clientid', 'clientname', 'cardurl'];
  if (uniqueid === '' || keys.some((key) => isRepeated(packet, key))) return null;
  const [id, name] = ['clientid', 'clientname'].map((key) => cleanText(read(packet, key), MAX_TEXT_LENGTH));
  const url = read(packet, 'cardurl').trim();
  const isCard = /^https?:\/\//i.test(url) && url.length <= MAX_URL_LENGTH && URL.canParse(url);
  const card = isCard ? asItStands(url) : null;
  const client = name ? { ...UNMARKED, id: id ?? '', name } : null;
  return client || card ? { type: 'client-told', uniqueid, found: { client, url: card } } : null;
}
