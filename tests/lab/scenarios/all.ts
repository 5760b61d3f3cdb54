// Every scenario of the lab, in the order in which they are played: what disturbs the others comes last.
import { attendedTransfers } from './attended-transfers.ts';
import { blindTransfers } from './blind-transfers.ts';
import { direct } from './direct.ts';
import { forwarding } from './forwarding.ts';
import { groups } from './groups.ts';
import { holdAndParking } from './hold-and-parking.ts';
import { hostile } from './hostile.ts';
import { knownClients } from './known-clients.ts';
import { namesAndNumbers } from './names-and-numbers.ts';
import { nothingToTell } from './nothing-to-tell.ts';
import { outgoing } from './outgoing.ts';
import { pickups } from './pickups.ts';
import { power } from './power.ts';
import { queues } from './queues.ts';
import type { Scenario } from './scenario.ts';
import { severalCalls } from './several-calls.ts';

export const SCENARIOS: readonly Scenario[] = [
  direct,
  groups,
  queues,
  attendedTransfers,
  blindTransfers,
  pickups,
  outgoing,
  forwarding,
  holdAndParking,
  namesAndNumbers,
  hostile,
  knownClients,
  nothingToTell,
  severalCalls,
  power,
].flat();
