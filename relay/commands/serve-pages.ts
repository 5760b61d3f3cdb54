// The relay's pages while it serves: what they tell and ask is handed to them here. Shell; `serve.ts` opens them.
import packageFile from '../../package.json' with { type: 'json' };
import type { Config } from '../config.ts';
import type { Environment } from '../config-source.ts';
import { examine, WAIT_SECONDS } from '../doctor/examine.ts';
import type { Log } from '../log.ts';
import { createPages } from '../pages/answer.ts';
import type { PbxSight } from '../pages/front.ts';
import type { AddOnOffer } from '../pages/install.ts';
import type { Pages } from '../pages/visit.ts';
import { networkOf } from '../network.ts';
import { createRate } from '../pairing/rate.ts';
import { hashOf, newToken } from '../pairing/secrets.ts';
import { createSetupDoor } from '../setup/door.ts';
import { createExamination } from '../setup/examination.ts';
import { useSetupLink } from '../setup/link-file.ts';

/** Nobody guesses 256 bits: these bound what tries cost, of one network and of all. */
const TRIES = { burst: 10, perSecond: 1 / 6, maxKeys: 1_000 };
const ALL_TRIES = { burst: 100, perSecond: 5, maxKeys: 1 };
const WARN_EVERY_MS = 60_000;

export type ServedPagesOptions = {
  config: Config;
  /** Read again for each examination, as `ringcue doctor` would. */
  environment: Environment;
  log: Log;
  pbxs(): readonly PbxSight[];
  /** What of the add-on the relay hands out itself. */
  offer(): AddOnOffer;
};

export function openPages({ config, environment, log, pbxs, offer }: ServedPagesOptions): Pages {
  const { data } = config;
  const [tries, allTries] = [createRate(TRIES), createRate(ALL_TRIES)];
  const door = createSetupDoor({
    useLink: (hash, at) => data !== null && useSetupLink(data, hash, at),
    ...{ hashOf, newToken },
    takeTry: (address, at) => tries.take(networkOf(address), at) && allTries.take('all', at),
    now: Date.now,
  });
  const wishes = { number: null, waitMs: WAIT_SECONDS * 1_000 };
  const examination = createExamination({
    examine: (tell) => examine(environment, wishes, tell),
    now: Date.now,
    onFailed: (error) => log.error({ err: error }, 'a fault of the relay itself: please report it'),
  });
  let warnedAt = -Infinity;
  return createPages({
    ...{ pbxs, door, examination },
    isOpenMode: config.auth === 'open',
    publicUrl: config.publicUrl,
    basePath: config.basePath,
    pairingPrefix: config.pairingPrefix,
    stores: { chrome: config.chromeStore, edge: config.edgeStore, firefox: config.firefoxStore },
    offer,
    version: packageFile.version,
    now: Date.now,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    onOpened: () => log.info('setup: opened by its link'),
    onRefused: () => {
      if (performance.now() - warnedAt < WARN_EVERY_MS) return;
      warnedAt = performance.now();
      log.warn('setup: a wrong, used or old link was tried');
    },
  });
}
