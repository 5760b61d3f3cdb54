// Operations that pass a call on: blind, by an operator panel, attended by the phone, and by feature codes. Each returns
// whether it could be done. Pure; listed in `operations.ts`. The order of events is that of the recordings.
import { dial } from './dialling.ts';
import type { ModelChannel } from './dialect.ts';
import { setHold, somePhoneTalk } from './features.ts';
import { isCallingAlready, openPhone } from './calls.ts';
import { otherOf, partyOf, remove } from './office.ts';
import type { Office, Talk } from './office.ts';

/** An extension that is neither of those. */
export function somebodyElse(office: Office, ...channels: readonly ModelChannel[]): string | null {
  const others = office.extensions.filter((one) => channels.every(({ extension }) => extension !== one));
  return others.length === 0 ? null : office.random.pick(others);
}

/** REFER, `##` or AMI BlindTransfer; or AMI Redirect, of which no event tells. */
export function blindTransfer(office: Office): boolean {
  const { pbx, truth, random } = office;
  const found = somePhoneTalk(office);
  const exten = found && somebodyElse(office, found.phone, found.other);
  if (!found || exten === null) return false;
  const { talk, phone, other } = found;
  if (other.extension !== null && isCallingAlready(office, other.extension, exten)) return false;
  const isTold = random.chance(0.6);
  const transfer = {
    isAttended: false,
    transferer: phone,
    second: null,
    transferee: other,
    target: null,
    exten,
  };
  remove(office.talks, talk);
  truth.end(phone.truth, ['transferred']);
  if (other.truth) truth.loosen(other.truth);
  if (pbx.dialect.version === '11') {
    if (isTold) pbx.tell(pbx.dialect.transferred(transfer));
    pbx.leave(phone);
    pbx.leave(other);
    if (talk.dialer === phone) pbx.tell(pbx.dialect.dialOver(phone, 'ANSWER'));
    pbx.hangUp(phone, 16);
    if (talk.dialer === other) pbx.tell(pbx.dialect.dialOver(other, 'ANSWER'));
    // [Who has no dialplan of his own gets the body of a new channel that has]
    else pbx.hangUp(pbx.masquerade(other, pbx.openShadow(`AsyncGoto/${other.name}`)), 16);
  } else {
    other.exten = exten;
    pbx.leave(other);
    pbx.leave(phone);
    if (isTold) pbx.tell(pbx.dialect.transferred(transfer));
    pbx.hangUp(phone, 16);
  }
  other.exten = exten;
  other.transferredBy = {
    extension: phone.extension ?? '',
    isTold: isTold && office.isCalm && other.extension === null,
  };
  dial(office, other, [exten]);
  return true;
}

/** Who talks puts the other on hold and calls a colleague: two calls on one phone. */
export function consult(office: Office): boolean {
  const found = somePhoneTalk(
    office,
    ({ talk, phone }) => talk.holder === null && countTalks(office, phone) === 1,
  );
  const called = found && somebodyElse(office, found.phone, found.other);
  if (!found || called === null || found.phone.extension === null) return false;
  if (isCallingAlready(office, found.phone.extension, called)) return false;
  setHold(office, found, true);
  dial(office, openPhone(office, found.phone.extension, called), [called]);
  return true;
}

const countTalks = ({ talks }: Office, { extension }: ModelChannel): number =>
  talks.filter(({ first, second }) => first.extension === extension || second.extension === extension).length;

/** REFER with Replaces: the two he talks with are joined, and he is out. */
export function completeAttended(office: Office): boolean {
  const found = somePhoneTalk(
    office,
    ({ talk, phone }) => talk.holder === phone && secondTalk(office, talk, phone) !== null,
  );
  const second = found && secondTalk(office, found.talk, found.phone);
  if (!found || !second) return false;
  const { talk, phone, other: transferee } = found;
  const leg = second.first;
  const target = second.second;
  if (transferee.extension === target.extension && target.extension !== null) return false;
  const { pbx, truth } = office;
  for (const one of [talk, second]) remove(office.talks, one);
  for (const own of [phone, leg]) {
    // Unhold may come first.
    for (const text of own.truth?.live?.texts ?? [])
      if (text.startsWith('held '))
        own.truth?.words.push({ texts: [text.replace('held', 'talking')], isSure: false });
    truth.end(own.truth, ['transferred']);
  }
  const isHeld = second.holder === target;
  truth.say(target.truth, isHeld ? ['held', 'talking'] : ['talking'], [partyOf(transferee)]);
  const isToldBy = office.isCalm && transferee.extension === null;
  truth.addition(target.truth, `transferred by ${phone.extension ?? ''}`, isToldBy);
  if (transferee.cameByQueue) truth.addition(target.truth, 'queue sales', false);
  transferee.transferredBy = { extension: phone.extension ?? '', isTold: false };
  if (transferee.truth) truth.loosen(transferee.truth);
  const transfer = { isAttended: true, transferer: phone, second: leg, transferee, target, exten: '' };
  if (pbx.dialect.version === '11') {
    pbx.tell(pbx.dialect.transferred(transfer));
    pbx.tell(pbx.dialect.held(phone, transferee, false));
    const zombie = pbx.masquerade(transferee, leg);
    target.connectedNumber = transferee.callerNumber;
    pbx.leave(zombie);
    pbx.leave(phone);
    if (talk.dialer === phone) pbx.tell(pbx.dialect.dialOver(phone, 'ANSWER'));
    pbx.hangUp(phone, 16);
    if (talk.dialer === transferee) pbx.tell(pbx.dialect.dialOver(zombie, 'ANSWER'));
    pbx.hangUp(zombie, 16);
  } else {
    for (const own of [phone, leg]) pbx.tell(pbx.dialect.held(own, own, false));
    const { bridge } = leg;
    pbx.leave(transferee);
    pbx.leave(leg);
    if (bridge) pbx.enter(bridge, transferee);
    pbx.tell(pbx.dialect.transferred(transfer));
    target.linkedid = transferee.linkedid;
    if (target.extension !== null) pbx.setConnected(transferee, target.extension);
    pbx.setConnected(target, transferee.callerNumber);
    pbx.leave(phone);
    pbx.hangUp(phone, 16);
    pbx.hangUp(leg, 16);
  }
  office.talks.push({
    first: transferee,
    second: target,
    local: null,
    dialer: transferee,
    holder: isHeld ? target : null,
  });
  return true;
}

/** The conversation that the same phone has begun beside `talk`. */
const secondTalk = (office: Office, talk: Talk, { extension }: ModelChannel): Talk | null =>
  office.talks.find(
    (one) =>
      one !== talk &&
      one.local === null &&
      one.first.extension === extension &&
      otherOf(one, one.first).extension !== extension,
  ) ?? null;
