// Operations beside calling: hold, pickup, parking. Each returns whether it could be done. Pure; listed in
// `operations.ts`. The order of events is that of the recordings.
import { addWhereFrom, dial, endLeg } from './dialling.ts';
import type { ModelChannel } from './dialect.ts';
import { idle, otherOf, partyOf, remove } from './office.ts';
import type { Office, Talk } from './office.ts';
import { DOWN, RING, RINGING, UP } from './pbx.ts';

export type PhoneTalk = { talk: Talk; phone: ModelChannel; other: ModelChannel };

/** A conversation of a phone, with no Local channel between, and its phone; null: there is none. */
export function somePhoneTalk(
  office: Office,
  isFit: (found: PhoneTalk) => boolean = () => true,
): PhoneTalk | null {
  const all = office.talks
    .filter(({ local }) => local === null)
    .flatMap((talk) =>
      [talk.first, talk.second].map((phone) => ({ talk, phone, other: otherOf(talk, phone) })),
    )
    .filter((found) => found.phone.extension !== null && isFit(found));
  return all.length === 0 ? null : office.random.pick(all);
}

/** [11 tells the other side's music only; a screen may go on saying "talking"] */
export function setHold(office: Office, { talk, phone, other }: PhoneTalk, isOn: boolean): void {
  const { pbx, truth } = office;
  talk.holder = isOn ? phone : null;
  const isTold = pbx.dialect.version === '12' && !office.isFaulty;
  const states = isOn
    ? isTold
      ? ['held']
      : ['held', 'talking']
    : isTold
      ? ['talking']
      : ['talking', 'held'];
  if (phone.truth && !phone.truth.isLoose) {
    const parties = partiesNow(phone) ?? [partyOf(other)];
    truth.say(phone.truth, states, parties, isTold);
    if (!isTold && phone.truth.live) phone.truth.live.isSure = true;
  }
  pbx.tell(pbx.dialect.held(phone, other, isOn));
}

/** The parties that are right for a phone's call as it is. */
const partiesNow = ({ truth }: ModelChannel): string[] | null =>
  truth?.live ? [...new Set(truth.live.texts.map((text) => text.replace(/^\w+ /, '')))] : null;

export function holdOrResume(office: Office): boolean {
  const found = somePhoneTalk(office, ({ talk, phone }) => talk.holder === null || talk.holder === phone);
  if (found) setHold(office, found, found.talk.holder === null);
  return found !== null;
}

/** An idle phone takes a call that rings at another one: `*8` or Pickup(). */
export function pickUp(office: Office): boolean {
  const { pbx, truth, random } = office;
  const old = pbx.dialect.version === '11';
  const extension = idle(office);
  const all = office.dials
    .filter(({ isQueue }) => !isQueue)
    .flatMap((made) => made.legs.map((leg) => ({ made, leg })))
    .filter(
      ({ leg }) => leg.channel.state === RINGING && leg.local === null && leg.channel.extension !== null,
    );
  if (extension === null || all.length === 0) return false;
  const { made, leg } = random.pick(all);
  const target = leg.channel;
  const { source } = made;
  remove(office.dials, made);
  remove(made.legs, leg);

  const phone = pbx.open({ endpoint: extension, exten: '*8', state: old ? DOWN : RING });
  phone.truth = truth.begin(extension);
  if (old) pbx.setState(phone, RING);
  truth.say(phone.truth, ['talking'], [partyOf(source)]);
  addWhereFrom(office, phone, source);
  truth.end(target.truth, [`answered-elsewhere by ${extension}`]);
  pbx.setConnected(phone, source.callerNumber);
  pbx.setState(phone, UP);
  pbx.tell(pbx.dialect.pickedUp(phone, target));
  const others = (): void => {
    for (const other of [...made.legs])
      endLeg(office, made, other, {
        cause: 26,
        status: 'CANCEL',
        endings: [`answered-elsewhere by ${extension}`],
      });
  };
  if (old) {
    const zombie = pbx.masquerade(phone, target);
    pbx.hangUp(zombie, 16);
    others();
    pbx.setState(source, UP);
    phone.exten = '';
    source.connectedNumber = extension;
    pbx.bridge(source, phone);
  } else {
    phone.application = 'AppDial';
    phone.exten = '';
    pbx.setConnected(source, extension);
    pbx.tell(pbx.dialect.dialEnded(source, phone, 'ANSWER'));
    const cause = random.pick([16, 26]);
    const isHangupFirst = random.chance(0.5);
    if (isHangupFirst) pbx.hangUp(target, cause);
    others();
    pbx.setState(source, UP);
    pbx.bridge(phone, source);
    if (!isHangupFirst) pbx.hangUp(target, cause);
  }
  if (source.truth) truth.loosen(source.truth); // a colleague called: what his screen says now is not laid down
  office.talks.push({ first: source, second: phone, local: null, dialer: source, holder: null });
  return true;
}

/** The client is put aside by a transfer to 700, for anybody to fetch. */
export function park(office: Office): boolean {
  const { pbx, truth, random } = office;
  const found = somePhoneTalk(
    office,
    ({ other, talk }) => other.extension === null && talk.dialer === other && talk.holder === null,
  );
  if (!found) return false;
  const { talk, phone, other } = found;
  other.transferredBy = { extension: phone.extension ?? '', isTold: false };
  const space = String(701 + office.parked.length);
  remove(office.talks, talk);
  truth.end(phone.truth, ['transferred']);
  const transfer = {
    isAttended: false,
    transferer: phone,
    second: null,
    transferee: other,
    target: null,
    exten: '700',
  };
  if (pbx.dialect.version === '11') {
    pbx.tell(pbx.dialect.transferred(transfer));
    const shadows = [
      pbx.openShadow(`Parking/${other.name}`),
      pbx.openShadow(`SIPPeer/${phone.name}`),
    ] as const;
    const body = pbx.masquerade(other, shadows[0]);
    const phoneBody = pbx.masquerade(phone, shadows[1]);
    pbx.leave(body);
    other.application = 'Parked Call';
    pbx.tell(pbx.dialect.parked(other, phone, space));
    pbx.hangUp(phoneBody, 16);
    pbx.tell(pbx.dialect.dialOver(body, 'ANSWER'));
    pbx.hangUp(body, 16);
  } else {
    const news = [pbx.dialect.parked(other, phone, space), pbx.dialect.transferred(transfer)];
    if (random.chance(0.5)) news.reverse();
    news.forEach(pbx.tell);
    pbx.leave(other);
    pbx.enter(office.parkingLot, other);
    pbx.leave(phone);
  }
  pbx.hangUp(phone, 16);
  office.parked.push({ channel: other, by: phone.extension ?? '', space });
  return true;
}

export function fetch(office: Office): boolean {
  const { pbx, truth } = office;
  const extension = idle(office);
  const [parked] = office.parked;
  if (!parked || extension === null) return false;
  remove(office.parked, parked);
  const old = pbx.dialect.version === '11';
  const { channel: client, space } = parked;
  const phone = pbx.open({ endpoint: extension, exten: space, state: old ? DOWN : RING });
  phone.application = 'ParkedCall';
  phone.truth = truth.begin(extension);
  if (old) pbx.setState(phone, RING);
  else pbx.setState(phone, UP);
  pbx.tell(pbx.dialect.unparked(client, phone, space));
  truth.say(phone.truth, ['talking'], [partyOf(client)]);
  addWhereFrom(office, phone, client);
  pbx.leave(client);
  if (old) {
    phone.connectedNumber = client.callerNumber;
    client.connectedNumber = extension;
    pbx.setState(phone, UP);
    pbx.bridge(phone, client);
  } else {
    pbx.bridge(client, phone);
    pbx.setConnected(client, extension);
    pbx.setConnected(phone, client.callerNumber);
  }
  office.talks.push({ first: phone, second: client, local: null, dialer: null, holder: null });
  return true;
}

/** Nobody fetched him: whoever parked him is rung again. */
export function parkedComesBack(office: Office): boolean {
  const { pbx } = office;
  const [parked] = office.parked;
  if (!parked) return false;
  remove(office.parked, parked);
  const { channel: client, by, space } = parked;
  pbx.tell(pbx.dialect.unparked(client, null, space));
  pbx.leave(client);
  client.exten = `SIP_${by}`;
  dial(office, client, [by]);
  return true;
}
