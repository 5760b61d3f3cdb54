// Attended transfers by feature code (*2) or AMI Atxfer: Asterisk itself calls the colleague, through a Local channel,
// while the client waits. Each operation returns whether it could be done. Pure; listed in `operations.ts`.
import type { ModelChannel } from './dialect.ts';
import { openPhoneLeg } from './dialling.ts';
import { somePhoneTalk } from './features.ts';
import { isCallingAlready } from './calls.ts';
import { partyOf, remove } from './office.ts';
import type { Consultation, Office } from './office.ts';
import { RINGING, UP } from './pbx.ts';
import { somebodyElse } from './transfers.ts';

const isOld = ({ pbx }: Office): boolean => pbx.dialect.version === '11';

export function askColleague(office: Office): boolean {
  const { pbx, truth } = office;
  const found = somePhoneTalk(office, ({ talk, other }) => talk.holder === null && other.extension === null);
  const exten = found && somebodyElse(office, found.phone, found.other);
  if (!found || exten === null || isCallingAlready(office, found.phone.extension ?? '', exten)) return false;
  const { talk, phone: asker, other: waits } = found;
  remove(office.talks, talk);
  truth.flicker(asker.truth, textsWhileAsking(office, asker, waits, exten));
  // Polls alone do not show that somebody who has fetched a call and now asks is in a call at all.
  if (asker.truth?.live) asker.truth.live.isSure = !office.isFaulty;
  const former = isOld(office) ? null : asker.bridge;
  if (isOld(office)) pbx.leave(asker);
  if (isOld(office)) pbx.leave(waits);
  pbx.tell(pbx.dialect.held(asker, waits, true));

  const local = pbx.openLocal(exten, { linkedid: asker.linkedid });
  local[1].application = 'Dial';
  local[1].callerNumber = asker.extension ?? '';
  local[0].connectedNumber = asker.extension ?? '';
  let room = null;
  if (!isOld(office)) {
    pbx.tell(pbx.dialect.callerChanged(local[1]));
    pbx.tell(pbx.dialect.connectedChanged(local[0]));
    room = pbx.makeBridge('basic');
    pbx.enter(room, local[0]);
    pbx.leave(asker);
    pbx.enter(room, asker);
    pbx.setConnected(asker, '');
  }
  const asked = openPhoneLeg(office, local[1], exten, 'AppDial');
  pbx.setConnected(asked, asker.extension ?? '');
  pbx.tell(pbx.dialect.dialBegun(local[1], asked, false));
  pbx.setConnected(local[1], exten);
  pbx.setConnected(asker, exten);
  asked.truth = truth.begin(exten);
  truth.say(asked.truth, ['ringing'], [partyOf(asker)]);
  if (waits.cameByQueue) truth.addition(asked.truth, 'queue sales', false);
  pbx.setState(asked, RINGING);
  pbx.setState(local[0], RINGING);
  office.consultations.push({ talk, asker, waits, asked, local, former, room });
  return true;
}

/** His own screen may show either, while he is between the two. */
const textsWhileAsking = (
  { isFaulty }: Office,
  asker: ModelChannel,
  waits: ModelChannel,
  exten: string,
): string[] =>
  // [A caller who is joined with nobody looks like one who still dials, to polls alone]
  ['talking', 'held', ...(isFaulty ? ['dialing'] : [])].flatMap((state) =>
    [partyOf(waits), exten, `${exten}, internal`, ...(isFaulty ? [asker.exten, 'hidden'] : [])].map(
      (party) => `${state} ${party}`,
    ),
  );

const inState = (office: Office, state: number): Consultation | undefined =>
  office.consultations.find(({ asked }) => asked.state === state);

export function colleagueAnswers(office: Office): boolean {
  const one = inState(office, RINGING);
  if (!one) return false;
  office.truth.say(one.asked.truth, ['talking'], [partyOf(one.asker)]);
  comeUp(office, one);
  if (isOld(office)) office.pbx.bridge(one.asker, one.local[0]);
  return true;
}

function comeUp({ pbx }: Office, { asked, local }: Consultation): void {
  asked.exten = '';
  pbx.setState(asked, UP);
  pbx.tell(pbx.dialect.dialEnded(local[1], asked, 'ANSWER'));
  pbx.setState(local[1], UP);
  if (pbx.dialect.version === '11') pbx.bridge(local[1], asked);
  pbx.setState(local[0], UP);
  pbx.tell(pbx.dialect.dialEnded(null, local[0], 'ANSWER'));
  if (pbx.dialect.version === '12') pbx.bridge(asked, local[1]);
}

/** The colleague does not want to, or nobody answers: everything is as before. */
export function consultationFails(office: Office): boolean {
  const { pbx, truth, random } = office;
  const one = inState(office, RINGING);
  if (!one) return false;
  remove(office.consultations, one);
  const { asked, asker, waits, local, former, talk } = one;
  const isRefused = random.chance(0.5);
  truth.end(asked.truth, [isRefused ? 'rejected' : 'missed']);
  // Whoever is asked next may be named.
  asked.truth?.words.push({ texts: office.extensions.map((by) => `ended missed by ${by}`), isSure: false });
  pbx.tell(pbx.dialect.dialEnded(local[1], asked, isRefused ? 'BUSY' : 'NOANSWER'));
  pbx.hangUp(asked, isRefused ? 21 : 16);
  pbx.tell(pbx.dialect.dialOver(local[1], isRefused ? 'BUSY' : 'NOANSWER'));
  for (const half of [local[1], local[0]]) pbx.hangUp(half, 16);
  pbx.tell(pbx.dialect.held(asker, waits, false));
  const states = office.isFaulty ? ['talking', 'held'] : ['talking'];
  if (asker.truth)
    asker.truth.live = { texts: states.map((state) => `${state} ${partyOf(waits)}`), isSure: true };
  if (former) {
    pbx.leave(asker);
    pbx.enter(former, asker);
    pbx.setConnected(asker, waits.callerNumber);
  } else {
    pbx.bridge(talk.first, talk.second);
    asker.connectedNumber = waits.callerNumber;
  }
  office.talks.push(talk);
  return true;
}

/** Who asked hangs up, and the client is with the colleague: who talks already, or rings still [12+]. */
export function completeConsultation(office: Office): boolean {
  const { pbx, truth } = office;
  const one = inState(office, UP) ?? (isOld(office) ? undefined : inState(office, RINGING));
  if (!one) return false;
  remove(office.consultations, one);
  const { asker, waits, asked, local } = one;
  truth.end(asker.truth, ['transferred']);
  truth.addition(asked.truth, `transferred by ${asker.extension ?? ''}`, office.isCalm);
  waits.transferredBy = { extension: asker.extension ?? '', isTold: false };
  truth.say(asked.truth, [asked.state === UP ? 'talking' : 'ringing'], [partyOf(waits)]);
  if (isOld(office)) completeOld(office, one);
  else completeNew(office, one);
  pbx.hangUp(asker, 16);
  if (asked.state === UP) {
    office.talks.push({ first: waits, second: asked, local, dialer: null, holder: null });
    return true;
  }
  // It still rings: for the client now.
  if (office.random.chance(0.7)) {
    truth.say(asked.truth, ['talking'], [partyOf(waits)]);
    comeUp(office, one);
    office.talks.push({ first: waits, second: asked, local, dialer: null, holder: null });
    return true;
  }
  truth.end(asked.truth, ['missed']);
  pbx.leave(waits);
  for (const half of local) pbx.leave(half);
  pbx.tell(pbx.dialect.dialEnded(local[1], asked, 'CANCEL'));
  for (const channel of [local[0], waits, asked, local[1]]) pbx.hangUp(channel, 16);
  return true;
}

function completeNew({ pbx }: Office, { asker, waits, asked, local, former }: Consultation): void {
  pbx.leave(local[0]);
  if (former) pbx.enter(former, local[0]);
  pbx.leave(asker);
  const own = { transferer: asker, second: asker, transferee: waits, target: local[0] };
  pbx.tell(pbx.dialect.transferred({ isAttended: true, exten: '', ...own }));
  pbx.setConnected(local[0], waits.callerNumber);
  pbx.setConnected(waits, asked.extension ?? '');
  pbx.setConnected(asked, waits.callerNumber);
}

/** [11: no Transfer event; the client goes on in the body of a new channel] */
function completeOld({ pbx }: Office, { asker, waits, asked, local, talk }: Consultation): void {
  pbx.leave(asker);
  pbx.leave(local[0]);
  pbx.tell(pbx.dialect.held(asker, waits, false));
  const shadow = pbx.openShadow(`Transfered/${waits.name}`);
  const zombie = pbx.masquerade(waits, shadow);
  waits.application = 'Transferred Call';
  waits.connectedNumber = asked.extension ?? '';
  for (const channel of [asked, local[0]]) channel.connectedNumber = waits.callerNumber;
  pbx.bridge(waits, local[0]);
  if (talk.dialer === asker) pbx.tell(pbx.dialect.dialOver(asker, 'ANSWER'));
  if (talk.dialer === waits) pbx.tell(pbx.dialect.dialOver(zombie, 'ANSWER'));
  pbx.hangUp(zombie, 16);
}

export function endConsultations(office: Office): void {
  while (consultationFails(office) || completeConsultation(office));
}
