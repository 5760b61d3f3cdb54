// How a Dial or a Queue runs in the model PBX, from the first channel to the answer or its end: what calls, transfers
// and everything else that rings somebody are made of. Pure.
import type { ModelChannel } from './dialect.ts';
import { otherOf, partyOf, remove } from './office.ts';
import type { Dial, Leg, Office, Talk } from './office.ts';
import { DOWN, RINGING, UP } from './pbx.ts';

const isOld = (office: Office): boolean => office.pbx.dialect.version === '11';

export type DialPlan = {
  isQueue?: boolean;
  isThroughLocal?: boolean;
  /** Members of the queue that are not tried yet. */
  members?: string[];
  /** false: each phone rings for sure. */
  isSettled?: boolean;
  /** Outside numbers are dialled through the trunk. */
  outside?: string;
};

/** `source` dials all of `extensions` at once. */
export function dial(
  office: Office,
  source: ModelChannel,
  extensions: readonly string[],
  plan: DialPlan = {},
): Dial {
  const { isQueue = false, members = [] } = plan;
  source.application = isQueue ? 'Queue' : 'Dial';
  source.applicationData = isQueue ? 'sales,t,,,30' : `${extensions.join('&')},30`;
  const made: Dial = { source, legs: [], isQueue, members };
  office.dials.push(made);
  for (const extension of extensions) made.legs.push(openLeg(office, made, extension, plan));
  if (plan.outside !== undefined) made.legs.push(openOutside(office, made, plan.outside));
  // [11 tells the caller's connected line in no event; 12+ once the INVITE has left]
  const [only] = extensions;
  const isConnecting = extensions.length === 1 && !isQueue && only !== undefined;
  if (isConnecting && isOld(office)) source.connectedNumber = only;
  for (const leg of [...made.legs]) beginLeg(office, made, leg);
  if (isConnecting && !isOld(office)) office.pbx.setConnected(source, only);
  for (const leg of [...made.legs]) decideLeg(office, made, leg, plan.isSettled ?? false);
  if (made.legs.length === 0) failDial(office, made);
  return made;
}

function openLeg(office: Office, { source, isQueue }: Dial, extension: string, plan: DialPlan): Leg {
  const application = isQueue ? 'AppQueue' : 'AppDial';
  if (!plan.isThroughLocal)
    return { channel: openPhoneLeg(office, source, extension, application), local: null };
  const local = office.pbx.openLocal(extension, { linkedid: source.linkedid });
  local[0].application = application;
  local[1].application = 'Dial';
  local[1].callerNumber = source.callerNumber;
  return { channel: openPhoneLeg(office, local[1], extension, 'AppDial'), local };
}

/** The channel of a phone that `source` is about to ring. */
export function openPhoneLeg(
  office: Office,
  source: ModelChannel,
  extension: string,
  application: string,
): ModelChannel {
  const channel = office.pbx.open({
    endpoint: extension,
    linkedid: source.linkedid,
    applicationData: '(Outgoing Line)',
    exten: isOld(office) ? '' : 's',
  });
  channel.application = application;
  channel.exten = source.exten;
  return channel;
}

function openOutside(office: Office, { source }: Dial, number: string): Leg {
  const channel = office.pbx.open({ endpoint: 'trunk', linkedid: source.linkedid });
  channel.application = 'AppDial';
  channel.applicationData = '(Outgoing Line)';
  office.pbx.setCaller(channel, number);
  return { channel, local: null };
}

/** The INVITE leaves: 12+ tells the connected line of a Dial's leg now, of a queue's only when it rings. */
function beginLeg(office: Office, made: Dial, { channel, local }: Leg): void {
  const { pbx } = office;
  const { source, isQueue } = made;
  if (local) {
    local[0].connectedNumber = source.callerNumber;
    pbx.tell(pbx.dialect.dialBegun(source, local[0], isQueue));
  }
  ring(office, made, { channel, local });
  if (source.extension !== null && source.truth && source.truth.words.length === 0)
    office.truth.say(source.truth, ['dialing'], partiesDialled(source, channel));
}

/** The queue that somebody came by, and who passed him on, may be told of him; the latter must where Asterisk told. */
export function addWhereFrom(
  { truth }: Office,
  { truth: call, extension }: ModelChannel,
  from: ModelChannel,
): void {
  if (from.cameByQueue) truth.addition(call, 'queue sales', false);
  const by = from.transferredBy;
  if (by && by.extension !== extension) truth.addition(call, `transferred by ${by.extension}`, by.isTold);
}

/** A phone is called, and may ring at once. */
export function ring(office: Office, made: Dial, { channel, local }: Leg): void {
  const { pbx, truth } = office;
  const { source, isQueue } = made;
  const dialer = local ? local[1] : source;
  if (!isQueue || local) pbx.setConnected(channel, source.callerNumber);
  // Two phones of one extension are one call.
  const sibling = made.legs.find(
    (leg) => leg.channel !== channel && leg.channel.extension === channel.extension,
  );
  if (channel.extension !== null) channel.truth = sibling?.channel.truth ?? truth.begin(channel.extension);
  source.cameByQueue ||= isQueue;
  addWhereFrom(office, channel, source);
  // [12+ now and then tells that a phone rings before it tells who rings it]
  if (!isOld(office) && !isQueue && office.random.chance(0.15))
    startRinging(office, made, { channel, local });
  pbx.tell(pbx.dialect.dialBegun(dialer, channel, isQueue && !local));
}

/** A group's number stands for whoever answers. */
const partiesDialled = (source: ModelChannel, called: ModelChannel): string[] => [
  partyOf(called),
  ...(source.exten === '' ? [] : [source.exten, `${source.exten}, internal`]),
];

function decideLeg(office: Office, made: Dial, leg: Leg, isSettled: boolean): void {
  const fate = isSettled ? 0 : office.random.next();
  if (fate > 0.92) return refuse(office, made, leg, 17);
  if (fate > 0.88) return; // it rings a little later
  startRinging(office, made, leg);
}

export function startRinging(office: Office, { source, isQueue }: Dial, { channel, local }: Leg): void {
  const { pbx, truth } = office;
  if (channel.state !== DOWN) return;
  channel.connectedNumber = source.callerNumber;
  truth.say(channel.truth, ['ringing'], [partyOf(source)], isToldByEvents(office, isQueue, local !== null));
  pbx.setState(channel, RINGING);
  if (local) pbx.setState(local[0], RINGING);
}

/** [11: a queue's direct members ring with no Dial event; who rings is for a poll to tell.] */
const isToldByEvents = (office: Office, isQueue: boolean, isThroughLocal: boolean): boolean =>
  !isOld(office) || !isQueue || isThroughLocal || office.isCalm;
export const isSureLeg = (office: Office, { isQueue }: Dial, { local }: Leg): boolean =>
  isToldByEvents(office, isQueue, local !== null);

/** A leg ends and nobody has answered on it. */
export function endLeg(
  office: Office,
  made: Dial,
  leg: Leg,
  { cause, status, endings }: { cause: number; status: string | null; endings: readonly string[] },
): void {
  const { pbx, truth } = office;
  const { channel, local } = leg;
  remove(made.legs, leg);
  const hasRung = channel.state === RINGING || (channel.truth?.words.length ?? 0) > 0;
  const isLast = ![...pbx.channels].some((other) => other !== channel && other.truth === channel.truth);
  // A phone that never rang has nothing to tell, but that it was busy.
  const isTold = hasRung || endings.includes('busy') || endings.includes('rejected');
  const isSure = isSureLeg(office, made, leg) && !(made.isQueue && isOld(office) && !hasRung);
  if (isLast) truth.end(channel.truth, isTold ? endings : [], isSure);
  if (isLast && channel.truth && endings.includes('missed'))
    office.missed.set(made.source, [...(office.missed.get(made.source) ?? []), channel.truth]);
  const tellEnd = (): void => {
    if (status !== null) pbx.tell(pbx.dialect.dialEnded(local ? local[1] : made.source, channel, status));
  };
  if (office.random.chance(0.5)) {
    tellEnd();
    pbx.hangUp(channel, cause);
  } else {
    pbx.hangUp(channel, cause);
    tellEnd();
  }
  if (!local || status === null) return;
  pbx.tell(pbx.dialect.dialOver(local[1], status));
  pbx.hangUp(local[1], cause);
  pbx.tell(pbx.dialect.dialEnded(made.source, local[0], status));
  pbx.hangUp(local[0], cause);
}

export function refuse(office: Office, made: Dial, leg: Leg, cause: 17 | 21): void {
  const hasRung = (leg.channel.truth?.words.length ?? 0) > 0;
  const ending = cause === 17 && !hasRung ? 'busy' : 'rejected';
  const status = cause === 17 || office.random.chance(0.5) ? 'BUSY' : 'NOANSWER';
  endLeg(office, made, leg, { cause, status, endings: [ending] });
  if (made.legs.length === 0 && !office.dials.includes(made)) return;
  if (made.legs.length === 0) failDial(office, made, cause);
}

/** Every leg has refused. A queue goes on trying; a caller is hung up on. */
export function failDial(office: Office, made: Dial, cause = 20): void {
  const { pbx } = office;
  if (!office.dials.includes(made)) return;
  remove(office.dials, made);
  if (made.isQueue) {
    office.waiting.push({ source: made.source, members: made.members });
    return;
  }
  pbx.tell(pbx.dialect.dialOver(made.source, cause === 20 ? 'CHANUNAVAIL' : 'BUSY'));
  endSource(
    office,
    made.source,
    cause,
    cause === 20 ? ['no-answer'] : cause === 21 ? ['rejected', 'busy'] : ['busy'],
  );
}

export function endSource(
  office: Office,
  source: ModelChannel,
  cause: number,
  endings: readonly string[],
): void {
  office.truth.end(source.truth, (source.truth?.words.length ?? 0) > 0 ? endings : []);
  office.pbx.hangUp(source, cause);
}

/** The dial ends unanswered: the caller gives up, or its time-out passes. */
export function endDial(office: Office, made: Dial, isTimeout: boolean): void {
  const { pbx, random } = office;
  const old = isOld(office);
  for (const leg of [...made.legs])
    endLeg(office, made, leg, {
      cause: old ? 16 : random.pick(isTimeout ? [0, 16] : [0, 16, 127]),
      status: isTimeout ? 'NOANSWER' : 'CANCEL',
      endings: ['missed'],
    });
  remove(office.dials, made);
  if (made.isQueue && isTimeout) {
    office.waiting.push({ source: made.source, members: made.members });
    return;
  }
  if (made.isQueue) pbx.tell(pbx.dialect.queued(made.source, 'sales', false));
  else pbx.tell(pbx.dialect.dialOver(made.source, isTimeout ? 'NOANSWER' : 'CANCEL'));
  endSource(office, made.source, isTimeout ? 16 : old ? 0 : random.pick([0, 16, 127]), [
    isTimeout ? 'no-answer' : 'cancelled',
  ]);
}

export function answer(office: Office, made: Dial, leg: Leg): Talk {
  const { pbx, truth, random } = office;
  const { source } = made;
  const { channel, local } = leg;
  const isSure = isSureLeg(office, made, leg);
  // [11 tells no Linkedid: of a queue's direct members, only the caller's number shows who belongs together]
  const isAnswererTold = !isOld(office) || (!made.isQueue && !made.legs.some((one) => one.local));
  remove(office.dials, made);
  remove(made.legs, leg);
  truth.say(channel.truth, ['talking'], [partyOf(source)], isSure);
  tellMissed(office, source, channel.extension);
  pbx.setState(channel, UP);
  const isEndFirst = random.chance(0.5);
  const tellAnswer = (): void => {
    pbx.tell(pbx.dialect.dialEnded(local ? local[1] : source, channel, 'ANSWER'));
    if (local) pbx.tell(pbx.dialect.dialEnded(source, local[0], 'ANSWER'));
  };
  if (isEndFirst) tellAnswer();
  for (const other of [...made.legs])
    endLeg(office, made, other, {
      cause: 26,
      status: 'CANCEL',
      endings: [
        `answered-elsewhere by ${channel.extension ?? ''}`,
        ...(isAnswererTold ? [] : ['answered-elsewhere']),
      ],
    });
  if (!isEndFirst) tellAnswer();
  if (made.isQueue) pbx.tell(pbx.dialect.queued(source, 'sales', false));
  else channel.exten = '';
  if (local) {
    pbx.setState(local[1], UP);
    pbx.setState(local[0], UP);
  }
  if (channel.extension !== null) pbx.setConnected(source, channel.extension);
  if (source.extension !== null) {
    // Whom he dialled, until it shows who took it.
    source.truth?.words.push({ texts: [`talking ${source.exten}, internal`], isSure: false });
    truth.say(source.truth, ['talking'], partiesDialled(source, channel));
  }
  if (source.state !== UP) pbx.setState(source, UP);
  if (local) {
    pbx.bridge(local[1], channel);
    pbx.bridge(source, local[0]);
  } else if (isOld(office)) pbx.bridge(source, channel);
  else pbx.bridge(channel, source);
  const talk: Talk = {
    first: source,
    second: channel,
    local,
    dialer: made.isQueue ? null : source,
    holder: null,
  };
  office.talks.push(talk);
  return talk;
}

/** Whoever was rung in vain for this caller may be told who took the call then [11: for this number]. */
function tellMissed(office: Office, source: ModelChannel, answeredBy: string | null): void {
  for (const [from, calls] of office.missed) {
    if (from !== source && !(isOld(office) && from.callerNumber === source.callerNumber)) continue;
    for (const call of calls)
      if (answeredBy !== null && answeredBy !== call.extension)
        call.words.push({ texts: [`ended missed by ${answeredBy}`], isSure: false });
    office.missed.delete(from);
  }
}

/** `who` hangs up, and so does the PBX on everybody else in the conversation, bridge by bridge. */
export function endTalk(office: Office, talk: Talk, who: ModelChannel, ending = 'completed'): void {
  const { pbx, truth, random } = office;
  remove(office.talks, talk);
  const other = otherOf(talk, who);
  const [nearHalf, farHalf] = talk.second === who ? [talk.local?.[1], talk.local?.[0]] : (talk.local ?? []);
  for (const channel of [talk.first, talk.second]) truth.end(channel.truth, [ending]);
  const partners =
    nearHalf && farHalf
      ? [
          [who, nearHalf],
          [farHalf, other],
        ]
      : [[who, other]];
  for (const pair of partners) {
    for (const channel of pair) pbx.leave(channel);
    if (random.chance(0.5)) pair.reverse();
    for (const channel of pair) {
      if (channel === talk.dialer) pbx.tell(pbx.dialect.dialOver(channel, 'ANSWER'));
      pbx.hangUp(channel, 16);
    }
  }
}
