// Everything that may happen in a world, with how often. Pure; `world.ts` draws from it.
import * as calls from './calls.ts';
import * as consultations from './consultations.ts';
import * as features from './features.ts';
import * as forwarding from './forwarding.ts';
import * as transfers from './transfers.ts';
import type { Office } from './office.ts';

/** false: it could not be done, as nobody was in the place for it. */
type Operation = { weight: number; run(office: Office): boolean };

export const OPERATIONS: Readonly<Record<string, Operation>> = {
  clientCalls: { weight: 6, run: calls.clientCalls },
  clientCallsTwoPhones: { weight: 1.5, run: calls.clientCallsTwoPhones },
  clientCallsGroup: { weight: 4, run: calls.clientCallsGroup },
  clientCallsQueue: { weight: 4, run: calls.clientCallsQueue },
  queueTriesNext: { weight: 4, run: calls.queueTriesNext },
  queueCallerGoes: { weight: 1, run: calls.queueCallerGoes },
  phoneCalls: { weight: 4, run: calls.phoneCalls },
  phoneCallsOut: { weight: 3, run: calls.phoneCallsOut },
  clickToCall: { weight: 2, run: calls.clickToCall },
  clickToCallIsTaken: { weight: 3, run: calls.clickToCallIsTaken },
  somebodyAnswers: { weight: 12, run: calls.somebodyAnswers },
  lateRing: { weight: 4, run: calls.lateRing },
  somebodyDeclines: { weight: 2, run: calls.somebodyDeclines },
  callerGivesUp: { weight: 3, run: calls.callerGivesUp },
  timeOutPasses: { weight: 2, run: calls.timeOutPasses },
  somebodyHangsUp: { weight: 6, run: calls.somebodyHangsUp },
  holdOrResume: { weight: 3, run: features.holdOrResume },
  pickUp: { weight: 4, run: features.pickUp },
  park: { weight: 2, run: features.park },
  fetch: { weight: 3, run: features.fetch },
  parkedComesBack: { weight: 2, run: features.parkedComesBack },
  blindTransfer: { weight: 4, run: transfers.blindTransfer },
  consult: { weight: 3, run: transfers.consult },
  completeAttended: { weight: 6, run: transfers.completeAttended },
  askColleague: { weight: 3, run: consultations.askColleague },
  colleagueAnswers: { weight: 4, run: consultations.colleagueAnswers },
  consultationFails: { weight: 1, run: consultations.consultationFails },
  completeConsultation: { weight: 5, run: consultations.completeConsultation },
  phoneForwards: { weight: 2, run: forwarding.phoneForwards },
  optimizeAway: { weight: 3, run: forwarding.optimizeAway },
  storm: { weight: 0.05, run: calls.storm },
};
