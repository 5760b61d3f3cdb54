// The doctor's whole round: the configuration, each PBX, the relay's own side. Shell; `ringcue doctor` and /setup of a running
// relay start it, and are told each finding as it comes.
import { randomBytes } from 'node:crypto';
import { createPhones } from '../calls/phones.ts';
import { accountOf } from '../config-pbx.ts';
import { readConfig } from '../config.ts';
import type { Config } from '../config.ts';
import type { Environment } from '../config-source.ts';
import { alike } from '../said.ts';
import { goThrough } from './checkup.ts';
import { well, wrong } from './finding.ts';
import type { Told } from './finding.ts';
import { pbxChecks } from './pbx-checks.ts';
import { relayChecks } from './relay-checks.ts';

/** `number`: whom the directory shall be asked for; `waitMs`: how long events are waited for. */
export type Wishes = { number: string | null; waitMs: number };
export const WAIT_SECONDS = 3;

/** By the configuration as it stands there now. false: that is wrong, and nothing else was looked at. */
export async function examine(
  environment: Environment,
  wishes: Wishes,
  tell: (told: Told) => void,
): Promise<boolean> {
  const result = readConfig(environment);
  if ('config' in result) {
    await examineAll(result.config, wishes, tell);
    return true;
  }
  for (const problem of result.problems)
    tell({ ...wrong(alike(problem)), check: 'configuration', pbx: null });
  return false;
}

async function examineAll(
  config: Config,
  { number, waitMs }: Wishes,
  tell: (told: Told) => void,
): Promise<void> {
  const { length } = config.pbxs;
  const text = {
    en: `read; ${length === 1 ? 'one PBX' : `${length} PBXs`}, auth "${config.auth}"`,
    ru: `прочитаны; АТС: ${length}, auth «${config.auth}»`,
  };
  tell({ ...well(text), check: 'configuration', pbx: null });
  for (const pbx of config.pbxs) {
    const { checks, end } = pbxChecks({
      account: accountOf(pbx),
      phones: createPhones({ pattern: pbx.extensions, endpoints: pbx.phones, prefix: pbx.prefix }),
      areEventsWanted: pbx.amiEvents,
      pairingPrefix: config.pairingPrefix,
      isPairingNeeded: config.auth === 'pairing',
      waitMs,
      now: Date.now,
      randomId: () => randomBytes(12).toString('base64url'),
    });
    await goThrough(config.pbxs.length === 1 ? null : pbx.name, checks, tell);
    await end();
  }
  await goThrough(null, relayChecks(config, number, Date.now), tell);
}
