// The journal of a running relay: opened as the configuration says, its faults in the log and in the metrics. Called by
// `commands/serve.ts`.
import type { Config } from '../config.ts';
import type { DiskThread } from '../disk-thread.ts';
import { openJournal } from '../journal/journal.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

const ASIDE = {
  broken: 'journal: the file was broken and is put aside, a new one is begun',
  newer: 'journal: the file was written by a newer Ringcue and is put aside for it, a new one is begun',
} as const;

/** null: none is kept. */
export function keepJournal(
  { data, journalDays: days, returnedBy }: Config,
  disk: DiskThread,
  epoch: string,
  log: Log,
  metrics: Metrics,
  onReturned: (extension: string, callIds: string[]) => void,
): Journal | null {
  if (data === null || days === 0) {
    const reason = data === null ? 'RINGCUE_DATA names no folder' : 'RINGCUE_JOURNAL_DAYS is 0';
    log.info(
      `no journal is kept, as ${reason}: what was missed while a browser was closed is not told later`,
    );
    return null;
  }
  let lastFault = '';
  metrics.journalUp.set(0);
  return openJournal({
    disk,
    folder: data,
    days,
    returnedBy,
    epoch,
    now: Date.now,
    onWell: () => {
      lastFault = '';
      metrics.journalUp.set(1);
      log.info({ folder: data, days }, 'journal: kept');
    },
    onFault: (message) => {
      metrics.journalUp.set(0);
      metrics.journalFaults.inc();
      if (message !== lastFault)
        log.error({ folder: data, detail: message }, 'journal: not kept now, calls are told all the same');
      lastFault = message;
    },
    onAside: (file, why) => log.error({ file }, ASIDE[why]),
    onWritten: (count) => metrics.journalWritten.inc(count),
    onDropped: (count) => metrics.journalDropped.inc(count),
    onReturned,
  });
}
