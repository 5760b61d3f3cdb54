// Operations of Local channels: a phone that sends its caller on (302), and Asterisk taking Local channels out of a
// conversation. Each returns whether it could be done. Pure; listed in `operations.ts`.
import { endLeg, openPhoneLeg, ring } from './dialling.ts';
import type { Office } from './office.ts';
import { UP } from './pbx.ts';
import { somebodyElse } from './transfers.ts';

/** The phone answers 302: somebody else rings in its place, through a Local channel. */
export function phoneForwards(office: Office): boolean {
  const { pbx, random } = office;
  const isOld = pbx.dialect.version === '11';
  const all = office.dials
    .filter(({ isQueue }) => !isQueue)
    .flatMap((made) => made.legs.map((leg) => ({ made, leg })))
    .filter(({ leg }) => leg.local === null && leg.channel.extension !== null)
    .filter(
      ({ made, leg }) => !made.legs.some((one) => one !== leg && one.channel.truth === leg.channel.truth),
    );
  if (all.length === 0) return false;
  const { made, leg } = random.pick(all);
  const exten = somebodyElse(office, leg.channel, made.source, ...made.legs.map(({ channel }) => channel));
  if (exten === null) return false;
  const { source } = made;
  const local = pbx.openLocal(exten, { linkedid: source.linkedid });
  local[0].application = 'AppDial';
  local[0].connectedNumber = source.callerNumber;
  local[1].application = 'Dial';
  local[1].callerNumber = source.callerNumber;
  pbx.tell(pbx.dialect.callerChanged(local[0]));
  pbx.tell(pbx.dialect.dialEnded(source, leg.channel, 'CANCEL'));
  pbx.tell(pbx.dialect.dialBegun(source, local[0], false));
  const cause = isOld ? 16 : random.pick([0, 23]);
  endLeg(office, made, leg, { cause, status: null, endings: ['forwarded'] });
  const forwarded = { channel: openPhoneLeg(office, local[1], exten, 'AppDial'), local };
  made.legs.push(forwarded);
  ring(office, made, forwarded);
  return true;
}

/** Once answered, the ends are joined without the Local channel between. */
export function optimizeAway(office: Office): boolean {
  const { pbx, random } = office;
  const found = office.talks.filter(({ local, second }) => local !== null && second.state === UP);
  if (found.length === 0) return false;
  const talk = random.pick(found);
  const { first, second, local } = talk;
  if (!local) return false;
  talk.local = null;
  if (pbx.dialect.version === '11') {
    const { application } = second;
    const zombie = pbx.masquerade(second, local[0]);
    second.application = application;
    pbx.leave(zombie);
    pbx.leave(local[1]);
    pbx.hangUp(zombie, 16);
    pbx.tell(pbx.dialect.dialOver(local[1], 'ANSWER'));
    pbx.hangUp(local[1], 16);
    return true;
  }
  const { bridge } = second;
  pbx.leave(first);
  pbx.leave(local[1]);
  if (bridge) pbx.enter(bridge, first);
  pbx.leave(local[0]);
  for (const half of local) pbx.hangUp(half, 16);
  return true;
}
