// A recorded moment → the same without people: their numbers, names and addresses are replaced, and what is not known to
// be harmless is left out, so that a trace can be given away and fails as the original did. Pure. Called by `record.ts`.
//
//   kept as it is      what Asterisk says by itself: states, causes, counts, ids
//   written anew       channels' names, numbers, names, texts
//   left out           every other key, and events that the relay has no use for
import { createPseudonyms } from './pseudonyms.ts';
import type { PseudonymOptions, Pseudonyms } from './pseudonyms.ts';
import type { Moment, TracePacket } from './trace.ts';

export type AnonymizerOptions = PseudonymOptions & {
  /** The relay's own: whose phone a channel is; null: no phone. Its endpoint is called by that number then. */
  extensionOf(channelName: string): string | null;
};

export type Anonymizer = { moment(moment: Moment): Moment; pseudonyms: Pseudonyms };

type Rewriter = (value: string) => string;

export function createAnonymizer(options: AnonymizerOptions): Anonymizer {
  const pseudonyms = createPseudonyms(options);
  const rewriters = rewritersOf(pseudonyms, options.extensionOf);
  const packet = (original: TracePacket): TracePacket => {
    const isUserEvent = [original['event']].flat()[0] === 'UserEvent';
    const kept: TracePacket = {};
    for (const [key, value] of Object.entries(original)) {
      const [, before = '', base = key] = kindOf(key, isUserEvent) ? [] : (TELLING.exec(key) ?? []);
      const kind = kindOf(base, isUserEvent);
      if (!kind) continue;
      const rewrite = rewriters[kind];
      kept[before === '' ? key : pseudonyms.text(before) + base] =
        typeof value === 'string' ? rewrite(value) : value.map(rewrite);
    }
    return kept;
  };
  return {
    pseudonyms,
    moment: (moment) => {
      if ('event' in moment) return { ms: moment.ms, event: packet(moment.event) };
      if ('packets' in moment) return { ...moment, packets: moment.packets.map(packet) };
      if ('mark' in moment) return { ms: moment.ms, mark: pseudonyms.text(moment.mark) };
      return moment;
    },
  };
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(/\s+/));

type Kind = 'plain' | 'id' | 'channel' | 'number' | 'name' | 'text';

/** [main/manager_channels.c, manager_bridges.c, apps/app_dial.c, app_queue.c, res/parking; 11: channel.c, features.c] */
const KEYS: Readonly<Record<Kind, ReadonlySet<string>>> = {
  plain: words(
    'event privilege eventlist listitems channelstate channelstatedesc priority duration cause dialstatus subevent ' +
      'bridgetype bridgestate bridgetechnology bridgenumchannels state result isexternal transfertype transfermethod ' +
      'transfer2parking desttype position count originalposition holdtime timeout parkingduration originalstate ' +
      'clonestate response localoptimization',
  ),
  id: words(
    'uniqueid linkedid bridgeid bridgeuniqueid bridgeduniqueid uniqueid1 uniqueid2 destuniqueid targetuniqueid ' +
      'actionid origbridgeuniqueid secondbridgeuniqueid destbridgeuniqueid tobridgeuniqueid frombridgeuniqueid',
  ),
  channel: words(
    'channel bridgedchannel channel1 channel2 destination source targetchannel newname original clone from ' +
      'parkerdialstring desttransfererchannel interface stateinterface location retrieverchannel',
  ),
  number: words(
    'calleridnum connectedlinenum callerid1 callerid2 exten extension transferexten parkingspace num callerid',
  ),
  name: words('calleridname connectedlinename membername'),
  text: words('application applicationdata dialstring queue parkinglot userevent context'),
};
const KIND_BY_KEY = new Map(
  Object.entries(KEYS).flatMap(([kind, keys]) => [...keys].map((key) => [key, kind as Kind] as const)),
);

/** Before the keys of a channel's or bridge's snapshot, where an event tells of several. */
const PREFIX =
  /^(?:origtransferer|secondtransferer|transfertarget|transferer|transferee|localone|localtwo|retriever|parkee|parker|source|target|second|caller|orig|dest|from|to)(?=[a-z])/;
/** By these the relay tells a torn block, whatever stands before them. */
const TELLING = /^(.*)(channelstate|calleridnum|uniqueid)$/;

/** The dialplan's own names for what it tells of a client; the rest of a UserEvent is nobody's business. */
const USER_EVENT_KEYS: ReadonlyMap<string, Kind> = new Map([
  ['clientid', 'text'],
  ['clientname', 'name'],
  ['cardurl', 'text'],
]);

const kindOf = (key: string, isUserEvent: boolean): Kind | undefined =>
  KIND_BY_KEY.get(key) ??
  (isUserEvent ? USER_EVENT_KEYS.get(key) : undefined) ??
  KIND_BY_KEY.get(key.replace(PREFIX, ''));

/** `Parking/`, `Transfered/` [11] before a channel's name; `-0000002b`, `;1`, `<ZOMBIE>` behind it. */
const CHANNEL =
  /^((?:Parking|Transfered|Bridge|AsyncGoto|Surrogate)\/)?([a-z0-9]{2,12})\/(.*?)((?:-(?:0[0-9a-f]{7}|[0-9a-f]{1,6}))?(?:;[12])?(?:<(?:MASQ|ZOMBIE)>)?)$/i;
/** What Asterisk says by itself; a stranger's line may forge any other. */
const PLAIN_WORDS = words(
  'Newchannel Newstate NewCallerid NewConnectedLine NewAccountCode NewExten Rename Masquerade Hangup HangupRequest ' +
    'SoftHangupRequest Dial DialBegin DialEnd DialState Bridge BridgeCreate BridgeDestroy BridgeEnter BridgeLeave ' +
    'BridgeMerge BridgeInfoChannel BridgeInfoComplete LocalBridge LocalOptimizationBegin LocalOptimizationEnd Pickup ' +
    'Transfer AttendedTransfer BlindTransfer ParkedCall UnParkedCall ParkedCallTimeOut ParkedCallGiveUp ParkedCallSwap ' +
    'MusicOnHold MusicOnHoldStart MusicOnHoldStop Hold Unhold Join Leave UserEvent OriginateResponse ChanSpyStart ' +
    'ChanSpyStop CoreShowChannel CoreShowChannelsComplete call user all system agent start Complete cancelled Success ' +
    'Error Fail Down Rsrvd OffHook Dialing Ring Ringing Up Busy Offhook Pre ring Unknown Start Stop Begin End Link ' +
    'Unlink ANSWER BUSY NOANSWER CANCEL CONGESTION CHANUNAVAIL DONTCALL TORTURE INVALIDARGS PROGRESS PROCEEDING RINGING ' +
    'FORWARD CONTINUE ABORT GOTO Pre-ring core basic base bridge stasis parking simple_bridge native_rtp softmix holding_bridge ' +
    'Yes No Blind Attended SIP Core Bridge App Threeway Local Channel None',
);
/** Hours, minutes, seconds; or such words, with no more digits than a short number has. */
const isPlain = (value: string): boolean =>
  /^\d{1,4}:\d\d:\d\d$/.test(value) ||
  (value.replace(/\D/g, '').length <= 6 &&
    value.split(/[ ,]+/).every((word) => /^\d*$/.test(word) || PLAIN_WORDS.has(word)));

/** `1795485280.12`, after the name of the system where it has one; a bridge's UUID. */
const ID = /^(?:(.*)-)?(1\d{9}\.\d{1,9})$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function rewritersOf(
  pseudonyms: Pseudonyms,
  extensionOf: AnonymizerOptions['extensionOf'],
): Record<Kind, Rewriter> {
  const { text, number, name } = pseudonyms;
  return {
    number,
    name,
    text,
    plain: (value) => (isPlain(value) ? value : text(value)),
    id: (value) => {
      if (UUID.test(value)) return value;
      const [, system, id] = ID.exec(value) ?? [];
      return id === undefined ? text(value) : system === undefined ? id : `${text(system)}-${id}`;
    },
    channel: (value) => {
      const [, before = '', technology, inner = '', after = ''] = CHANNEL.exec(value) ?? [];
      if (technology === undefined) return text(value);
      const own = extensionOf(`${technology}/${inner}-1`);
      return `${before}${text(technology)}/${own === null ? text(inner) : number(own)}${after}`;
    },
  };
}
