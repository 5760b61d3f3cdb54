// The directory with its log lines and metrics, as the configuration wants it. Shell; called by the commands.
import type { Config } from './config.ts';
import { openDirectory } from './directory/open-directory.ts';
import type { OpenDirectory } from './directory/open-directory.ts';
import type { SnapshotTold } from './directory/snapshot.ts';
import type { Step } from './directory/source.ts';
import type { Log } from './log.ts';
import type { DirectoryMetrics } from './metrics-directory.ts';

type Wanted = Pick<Config, 'clients' | 'country' | 'data' | 'directory' | 'directoryFields' | 'cacheMinutes'>;

export async function openClientDirectory(
  config: Wanted,
  log: Log,
  metrics: DirectoryMetrics,
): Promise<OpenDirectory> {
  const { clients, country, data, directory, directoryFields: fields, cacheMinutes } = config;
  const tellStep = stepTeller(log, metrics);
  const opened = await openDirectory({
    sources: allSources({ clients, directory }),
    staff: directory.staff,
    country,
    fields,
    folder: data,
    cacheMs: cacheMinutes * 60_000,
    wallClock: Date.now,
    now: () => performance.now(),
    random: Math.random,
    onStep: tellStep,
    onBreaker: (source, state) => {
      metrics.resting.set({ source }, state === 'closed' ? 0 : 1);
      if (state === 'open') log.warn({ source }, 'directory: source is left alone for a while');
    },
    onSnapshot: (source, told) => tellSnapshot(source, told, log, metrics),
    onList: (file, { clients, problems, isTaken }) => {
      metrics.clientRowsRefused.set(problems.length);
      if (isTaken) metrics.clients.set(clients);
      for (const { line, message } of problems)
        log.error({ file, line, problem: message }, 'client list: bad row');
      if (isTaken) log.info({ file, clients }, 'client list: read');
      else log.error({ file, problems: problems.length }, 'client list: not taken, the last good list stays');
    },
  });
  metrics.sizes(() => opened.sources);
  return opened;
}

/** In the order in which they are asked. */
export const allSources = ({ clients, directory }: Pick<Config, 'clients' | 'directory'>) => [
  ...(clients === null ? [] : [shortForm(clients)]),
  ...directory.sources,
];

/** `directory.clients: /clients.csv` is one source, and the first. */
const shortForm = (path: string) =>
  ({
    type: 'csv',
    name: 'clients',
    mode: 'snapshot',
    path,
    softMs: 800,
    hardMs: 3_000,
    everyMinutes: 15,
  }) as const;

/** A source that fails is told once, and when it answers again. */
function stepTeller(log: Log, metrics: DirectoryMetrics): (step: Step) => void {
  const faults = new Map<string, string>();
  return ({ source, outcome, tookMs, problem }) => {
    metrics.lookUps.inc({ source, outcome });
    if (outcome === 'directory.resting' || outcome === 'directory.busy') return;
    metrics.seconds.observe({ source }, tookMs / 1000);
    const before = faults.get(source);
    if (problem === null) {
      if (before !== undefined) log.info({ source }, 'directory: source answers again');
      faults.delete(source);
      return;
    }
    const fault = `${outcome} ${problem}`;
    if (before !== fault) log.error({ source, code: outcome, detail: problem }, 'directory: source fails');
    faults.set(source, fault);
  };
}

function tellSnapshot(source: string, told: SnapshotTold, log: Log, metrics: DirectoryMetrics): void {
  if (told.type === 'fault') {
    metrics.readings.inc({ source, outcome: told.code });
    log.error(
      { source, code: told.code, detail: told.problem },
      'directory: list not read, the last good one stays',
    );
    return;
  }
  const { clients, refused, problem, isFromDisk, tookMs } = told;
  metrics.readings.inc({ source, outcome: isFromDisk ? 'disk' : 'read' });
  if (problem !== null)
    log.warn({ source, rows: refused, problem }, 'directory: rows of the list that are no clients');
  log.info(
    { source, clients, ms: Math.round(tookMs) },
    isFromDisk ? 'directory: list of the last time loaded' : 'directory: list read',
  );
}
