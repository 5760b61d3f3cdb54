// Operations of every day: calls from outside, between colleagues and to the outside, groups and queues, answers and
// hang-ups. Each returns whether it could be done. Pure; listed in `operations.ts`.
import { answer, dial, endDial, endSource, endTalk, refuse, startRinging } from './dialling.ts';
import type { ModelChannel } from './dialect.ts';
import { idle, partyOfNumber, remove } from './office.ts';
import type { Dial, Leg, Office } from './office.ts';
import { DOWN, RING, RINGING, UP } from './pbx.ts';

/** Few, so that one client often calls twice at once. */
const NUMBERS = [
  '+79161234501',
  '+79161234502',
  '+79161234503',
  '+79161234504',
  '84951234505',
  'anonymous',
  '',
];

/** An outside client's call comes in for `exten`. */
export function openTrunk(office: Office, exten: string): ModelChannel {
  const { pbx, random } = office;
  const isRingAtOnce = pbx.dialect.version === '12' && random.chance(0.5);
  const trunk = pbx.open({
    endpoint: 'trunk',
    exten,
    callerNumber: random.pick(NUMBERS),
    state: isRingAtOnce ? RING : DOWN,
  });
  if (!isRingAtOnce) pbx.setState(trunk, RING);
  return trunk;
}

/** A phone goes off the hook and dials `exten`. */
export const openPhone = (office: Office, extension: string, exten: string): ModelChannel => {
  const phone = office.pbx.open({ endpoint: extension, exten });
  phone.truth = office.truth.begin(extension);
  office.pbx.setState(phone, RING);
  return phone;
};

const some = (office: Office): string[] => {
  const chosen = office.extensions.filter(() => office.random.chance(0.6));
  return chosen.length > 0 ? chosen : [office.random.pick(office.extensions)];
};

export function clientCalls(office: Office): boolean {
  const extension = office.random.pick(office.extensions);
  dial(office, openTrunk(office, `74950000${extension}`), [extension], {
    isThroughLocal: office.random.chance(0.1),
  });
  return true;
}

/** [12+: PJSIP] Several phones are registered on one extension. */
export function clientCallsTwoPhones(office: Office): boolean {
  if (office.pbx.dialect.version === '11') return false;
  const extension = office.random.pick(office.extensions);
  const trunk = openTrunk(office, `74950000${extension}`);
  dial(office, trunk, [extension, extension], { isSettled: true });
  return true;
}

export function clientCallsGroup(office: Office): boolean {
  dial(office, openTrunk(office, '74950000200'), some(office));
  return true;
}

export function clientCallsQueue(office: Office): boolean {
  const { pbx, random } = office;
  const trunk = openTrunk(office, '74950000300');
  pbx.setState(trunk, UP);
  pbx.tell(pbx.dialect.queued(trunk, 'sales', true));
  const members = some(office);
  const isRingAll = random.chance(0.5);
  dial(office, trunk, isRingAll ? members : members.splice(0, 1), {
    isQueue: true,
    isThroughLocal: random.chance(0.3),
    members: isRingAll ? [] : members,
  });
  return true;
}

export function queueTriesNext(office: Office): boolean {
  const waiting = office.waiting[0];
  if (!waiting) return false;
  remove(office.waiting, waiting);
  const next = waiting.members.splice(0, 1);
  dial(office, waiting.source, next.length > 0 ? next : [office.random.pick(office.extensions)], {
    isQueue: true,
    isThroughLocal: office.random.chance(0.3),
    members: waiting.members,
  });
  return true;
}

export function queueCallerGoes(office: Office): boolean {
  const waiting = office.waiting[0];
  if (!waiting) return false;
  remove(office.waiting, waiting);
  office.pbx.tell(office.pbx.dialect.queued(waiting.source, 'sales', false));
  endSource(office, waiting.source, 0, []);
  return true;
}

export function phoneCalls(office: Office): boolean {
  const extension = idle(office) ?? office.random.pick(office.extensions);
  const called = office.random.pick(office.extensions);
  if (called === extension || isCallingAlready(office, extension, called)) return false;
  dial(office, openPhone(office, extension, called), [called]);
  return true;
}

/** [11, polls only] Who is called twice by one colleague at once is called once, as far as rows can tell. */
export const isCallingAlready = ({ pbx }: Office, caller: string, called: string): boolean =>
  pbx.dialect.version === '11' &&
  [...pbx.channels].some(
    ({ extension, connectedNumber }) => extension === called && connectedNumber === caller,
  );

export function phoneCallsOut(office: Office): boolean {
  const extension = idle(office);
  if (extension === null) return false;
  const number = office.random.pick(NUMBERS.slice(0, 3));
  dialOut(office, openPhone(office, extension, number), number);
  return true;
}

function dialOut(office: Office, phone: ModelChannel, number: string): void {
  // [12+ tells the connected line of the caller; 11 leaves it empty]
  if (office.pbx.dialect.version === '12') office.pbx.setConnected(phone, number);
  dial(office, phone, [], { outside: number });
}

export function clickToCall(office: Office): boolean {
  const { pbx, random } = office;
  const extension = idle(office);
  if (extension === null) return false;
  const number = random.pick(NUMBERS.slice(0, 3));
  const phone = pbx.open({ endpoint: extension, connectedNumber: number });
  phone.application = pbx.dialect.version === '12' ? 'AppDial2' : '';
  phone.truth = office.truth.begin(extension);
  pbx.setCaller(phone, number);
  pbx.tell(pbx.dialect.dialBegun(null, phone, false));
  pbx.setState(phone, RINGING);
  office.originated.push({ phone, number });
  return true;
}

export function clickToCallIsTaken(office: Office): boolean {
  const { pbx, random } = office;
  const one = office.originated[0];
  if (!one) return false;
  remove(office.originated, one);
  const { phone, number } = one;
  if (random.chance(0.3)) {
    pbx.tell(pbx.dialect.dialEnded(null, phone, 'NOANSWER'));
    endSource(office, phone, 16, []);
    return true;
  }
  phone.exten = number;
  phone.application = 'Dial';
  pbx.setState(phone, UP);
  pbx.tell(pbx.dialect.dialEnded(null, phone, 'ANSWER'));
  office.truth.say(phone.truth, ['dialing'], [partyOfNumber(number)]);
  dialOut(office, phone, number);
  return true;
}

/** Some leg of some dial, of those in this state. */
function legOf(office: Office, state: number): { made: Dial; leg: Leg } | null {
  const all = office.dials.flatMap((made) =>
    made.legs.filter(({ channel }) => channel.state === state).map((leg) => ({ made, leg })),
  );
  return all.length === 0 ? null : office.random.pick(all);
}

export function somebodyAnswers(office: Office): boolean {
  const found = legOf(office, RINGING);
  if (found) answer(office, found.made, found.leg);
  return found !== null;
}

export function lateRing(office: Office): boolean {
  const found = legOf(office, DOWN);
  if (found) startRinging(office, found.made, found.leg);
  return found !== null;
}

export function somebodyDeclines(office: Office): boolean {
  const found = legOf(office, RINGING);
  if (found) refuse(office, found.made, found.leg, office.random.pick([17, 21] as const));
  return found !== null;
}

export function callerGivesUp(office: Office): boolean {
  if (office.dials.length === 0) return false;
  endDial(office, office.random.pick(office.dials), false);
  return true;
}

export function timeOutPasses(office: Office): boolean {
  if (office.dials.length === 0) return false;
  endDial(office, office.random.pick(office.dials), true);
  return true;
}

export function somebodyHangsUp(office: Office): boolean {
  if (office.talks.length === 0) return false;
  const talk = office.random.pick(office.talks);
  endTalk(office, talk, office.random.pick([talk.first, talk.second]));
  return true;
}

/** More calls in a row than a line keeps. */
export function storm(office: Office): boolean {
  const extension = office.random.pick(office.extensions);
  for (let n = 0; n < 20; n += 1) {
    const made = dial(office, openTrunk(office, `74950000${extension}`), [extension], { isSettled: true });
    endDial(office, made, false);
  }
  return true;
}

/** Everybody goes home. */
export function finish(office: Office): void {
  for (const made of [...office.dials]) endDial(office, made, false);
  while (office.waiting.length > 0) queueCallerGoes(office);
  for (const { phone } of office.originated.splice(0)) endSource(office, phone, 16, []);
  for (const talk of [...office.talks]) endTalk(office, talk, talk.first);
  for (const { channel } of office.parked.splice(0)) office.pbx.hangUp(channel, 16);
}
