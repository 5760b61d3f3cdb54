// Packets as strangers and broken systems could make them: true ones of both dialects about a few channels that meet again
// and again, and damage done to those. Deterministic by its `random`. Called by `fuzz.ts`.
import type { Packet } from '../../relay/ami/packet.ts';
import type { Fields } from '../relay/fake-pbx.ts';
import type { Random } from '../simulation/random.ts';
import { EVENT_NAMES, eventFields, rowFields } from './corpus.ts';

type Loose = Record<string, unknown>;

const NAMES = [
  ...['SIP/101-00000001', 'SIP/102-00000002', 'PJSIP/101-00000003', 'PJSIP/103-00000004', 'SIP/101-00000005'],
  ...['SIP/trunk-00000006', 'PJSIP/trunk-00000007', 'SIP/trunk-00000008', 'DAHDI/1-1', 'IAX2/104-9'],
  ...['Local/102@internal-0000000a;1', 'Local/102@internal-0000000a;2', 'SIP/101-00000001<MASQ>'],
  ...['SIP/101-00000001<ZOMBIE>', 'Transfered/SIP/trunk-00000006', 'Parking/SIP/trunk-00000006'],
];
const NUMBERS = [
  '101',
  '102',
  '103',
  '+79161234567',
  '89161234567',
  '*8',
  '700',
  '74950000101',
  'anonymous',
  '',
];
const ODD: readonly string[] = [
  ...[
    '',
    ' ',
    ':',
    '\0',
    '\ud800',
    '\udc00x',
    '\u202e👋',
    '<unknown>',
    'constructor',
    '__proto__',
    'toString',
  ],
  ...[
    '-1',
    '0x10',
    '1e999',
    'NaN',
    'Infinity',
    '9'.repeat(400),
    '٣',
    '00:99:99',
    '9999:59:59',
    'x'.repeat(5_000),
  ],
  ...['Up', 'Yes', 'Complete', 'CoreShowChannelsComplete', 'Begin', 'Link', 'ANSWER', 'AppDial2', 'AppQueue'],
  ...['javascript:alert(1)', `https://crm.example/${'y'.repeat(3_000)}`, '\r\nEvent: Hangup', '"', '\\"'],
];
/** What is no text: the reader meets inherited things and lists. */
const NO_TEXT: readonly unknown[] = [
  ...[undefined, null, 0, Number.NaN, true, {}, [], [[]], [Object, 'x'], ['x', 'y'], [{}, null], Object],
];

/** Undamaged: whom a block tells of is one of a few, so that blocks meet. */
function someChannel(random: Random): Fields {
  // A thousandth is new: then channels come up that nobody ever hangs up.
  const index = random.chance(0.001) ? 1_000 + random.below(1_000_000) : random.below(NAMES.length);
  return {
    Channel: NAMES[index] ?? `SIP/${index % 1_000}-${index.toString(16)}`,
    Uniqueid: `1700000000.${random.chance(0.02) ? random.below(40) : index}`,
    Linkedid: `1700000000.${random.below(4) * 5}`,
    ChannelState: random.pick([0, 4, 5, 5, 6, 6, 3]),
    CallerIDNum: random.pick(NUMBERS),
    ConnectedLineNum: random.pick(NUMBERS),
    Exten: random.pick(NUMBERS),
  };
}

/** As the package's reader leaves a block: keys in lower case. */
const lower = (fields: Fields): Loose =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key.toLowerCase(), String(value)]));

const DAMAGES: readonly ((random: Random, packet: Loose, key: string) => void)[] = [
  (_, packet, key) => Reflect.deleteProperty(packet, key),
  (random, packet, key) => (packet[key] = random.pick(ODD)),
  (random, packet, key) => (packet[key] = [packet[key], random.pick(ODD)]),
  (random, packet, key) => (packet[key] = random.pick(NO_TEXT)),
  (random, packet, key) => (packet[key] = packet[random.pick(Object.keys(packet))]),
  (random, packet) => (packet[random.pick(['', 'x', 'constructor', 'actionid', ...ODD])] = random.pick(ODD)),
  (random, packet) => (packet['event'] = random.pick(EVENT_NAMES)),
];

function damage(random: Random, packet: Loose): Packet {
  for (let left = 1 + random.below(3); left > 0 && Object.keys(packet).length > 0; left -= 1)
    random.pick(DAMAGES)(random, packet, random.pick(Object.keys(packet)));
  return packet;
}

/** An event; every other one is damaged. `recorded`: true ones of Asterisk 11. */
export function somePacket(random: Random, recorded: readonly Packet[]): Packet {
  const packet: Loose = random.chance(0.4)
    ? { ...random.pick(recorded) }
    : lower(eventFields(random.pick(EVENT_NAMES), () => someChannel(random)));
  if (random.chance(0.3) && 'channel' in packet) packet['channel'] = random.pick(NAMES);
  if ('cause' in packet) packet['cause'] = random.pick(['16', '17', '21', '26', '0']);
  if ('dialstatus' in packet)
    packet['dialstatus'] = random.pick(['ANSWER', 'BUSY', 'CANCEL', 'NOANSWER', '']);
  return random.chance(0.5) ? damage(random, packet) : packet;
}

/** The reply to a poll, its closing packet last; one in five is damaged somewhere. */
export function someReply(random: Random): Packet[] {
  const rows: Packet[] = Array.from({ length: random.below(12) }, () => {
    const row = lower(rowFields(someChannel(random)));
    row['application'] = random.pick(['AppDial', 'AppDial2', 'AppQueue', 'Dial', 'Queue', 'Park', '']);
    row['bridgeid'] = random.pick(['', 'b1', 'b2']);
    return row;
  });
  rows.push(emptyReply(rows.length)[0] ?? {});
  if (random.chance(0.2)) {
    const at = random.below(rows.length);
    rows[at] = damage(random, { ...rows[at] });
  }
  return rows;
}

/** The end of a reply: alone, it says that there is no channel. */
export const emptyReply = (listItems = 0): Packet[] => [
  { event: 'CoreShowChannelsComplete', eventlist: 'Complete', listitems: String(listItems) },
];
