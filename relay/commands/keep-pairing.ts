// Who is paired with a running relay: read and kept, its faults in the log and in the metrics. Called by `commands/serve.ts`.
import { randomInt } from 'node:crypto';
import type { Config } from '../config.ts';
import type { DiskThread } from '../disk-thread.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';
import { openDisk } from '../pairing/disk.ts';
import { openPairing } from '../pairing/pairing.ts';
import type { Pairing, PairingOptions } from '../pairing/pairing.ts';

/** null: in open mode nobody is. */
export function keepPairing(config: Config, thread: DiskThread, log: Log, metrics: Metrics): Pairing | null {
  return config.auth === 'pairing' ? openPairing(pairingOptions(config, thread, log, metrics)) : null;
}

function pairingOptions(config: Config, thread: DiskThread, log: Log, metrics: Metrics): PairingOptions {
  const { data, tokenDays, watchers } = config;
  let lastFault = '';
  metrics.pairingUp.set(0);
  return {
    prefix: config.pairingPrefix,
    contexts: config.pairingContexts,
    ...{ tokenDays, watchers },
    openDisk: (listener) =>
      openDisk(
        {
          thread,
          folder: data ?? '', // there is one: without it the configuration is refused
          tokenDays,
          onWell: () => {
            lastFault = '';
            metrics.pairingUp.set(1);
            log.info({ folder: data }, 'pairing: who is paired is read, and kept');
          },
          onFault: (message) => {
            metrics.pairingUp.set(0);
            if (message !== lastFault)
              log.error(
                { folder: data, detail: message },
                'pairing: not kept now; who was paired before stays so',
              );
            lastFault = message;
          },
          onDropped: () => metrics.pairingDropped.inc(),
        },
        listener,
      ),
    now: Date.now,
    randomBelow: randomInt,
    onAudit: (row) => log.info({ ...row, at: undefined }, 'audit'),
    onRefusal: (reason) => metrics.pairingRefusals.inc({ reason }),
    onPaired: (by) => metrics.pairings.inc({ by }),
    onDevices: (count) => metrics.devices.set(count),
  };
}
