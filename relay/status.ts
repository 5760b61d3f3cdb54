// How a running relay is, on one screen: from what its /readyz and /metrics say. Pure; called by `ringcue status`.
import { quantileOf, readMetrics } from './prometheus-text.ts';
import type { Row } from './prometheus-text.ts';

export type Answers = {
  /** Where it was asked. */
  address: string;
  isReady: boolean;
  /** The lines of /readyz: `ready`, and what is missing. */
  readiness: readonly string[];
  metrics: string;
  /** Seconds since 1970. */
  nowSeconds: number;
};

export type Status = {
  address: string;
  version: string;
  isReady: boolean;
  /** What is missing, in words. */
  missing: string[];
  upSeconds: number;
  pbxs: {
    name: string;
    isSeen: boolean;
    /** null: none yet. */
    polledSecondsAgo: number | null;
    pollSeconds: number | null;
    faults: number;
    doubts: number;
  }[];
  sessions: { connected: number; turnedAway: number; tooSlow: number };
  lines: { sent: number; medianSeconds: number | null; p99Seconds: number | null };
  clients: { count: number; rowsRefused: number };
  /** null: none is configured. */
  journal: { isUp: boolean; written: number; dropped: number } | null;
  isConfigurationTaken: boolean;
  resources: { eventLoopP99Seconds: number; residentBytes: number };
};

export function statusOf({ address, isReady, readiness, metrics, nowSeconds }: Answers): Status {
  const rows = readMetrics(metrics);
  const all = (name: string, labels: Row['labels'] = {}): Row[] =>
    rows.filter(
      (row) => row.name === name && Object.entries(labels).every(([key, value]) => row.labels[key] === value),
    );
  const sum = (name: string, labels?: Row['labels']): number =>
    all(name, labels).reduce((total, { value }) => total + value, 0);
  const timed = (name: string, part: number): number | null => quantileOf(rows, name, part);
  const pbxs = all('ringcue_pbx_up').map(({ labels: { pbx: name = '' }, value }) => {
    const polledAt = all('ringcue_poll_complete_timestamp_seconds', { pbx: name })[0]?.value;
    const ofIt = rows.filter(({ labels }) => labels['pbx'] === name);
    return {
      name,
      isSeen: value === 1,
      polledSecondsAgo: polledAt ? Math.max(0, nowSeconds - polledAt) : null,
      pollSeconds: quantileOf(ofIt, 'ringcue_poll_seconds', 0.9),
      faults: sum('ringcue_pbx_faults_total', { pbx: name }),
      doubts: sum('ringcue_ami_doubts_total', { pbx: name }),
    };
  });
  const journalUp = all('ringcue_journal_up')[0];
  return {
    address,
    version: all('ringcue_build_info')[0]?.labels['version'] ?? 'unknown',
    isReady,
    missing: readiness.filter((line) => line !== '' && line !== 'ready'),
    upSeconds: Math.max(0, nowSeconds - sum('process_start_time_seconds')),
    pbxs,
    sessions: {
      connected: sum('ringcue_sessions'),
      turnedAway: sum('ringcue_sessions_refused_total'),
      tooSlow: sum('ringcue_sessions_closed_total', { code: '4001' }),
    },
    lines: {
      sent: sum('ringcue_lines_total'),
      medianSeconds: timed('ringcue_event_to_frame_seconds', 0.5),
      p99Seconds: timed('ringcue_event_to_frame_seconds', 0.99),
    },
    clients: { count: sum('ringcue_clients'), rowsRefused: sum('ringcue_client_rows_refused') },
    journal: journalUp
      ? {
          isUp: journalUp.value === 1,
          written: sum('ringcue_journal_written_total'),
          dropped: sum('ringcue_journal_dropped_total'),
        }
      : null,
    isConfigurationTaken: sum('ringcue_config_taken') === 1,
    resources: {
      eventLoopP99Seconds: sum('nodejs_eventloop_lag_p99_seconds'),
      residentBytes: sum('process_resident_memory_bytes'),
    },
  };
}

/** For people: a mark, what it is about, how that is. */
export function renderStatus(status: Status): string {
  const { sessions, lines, clients, journal, resources } = status;
  const rows: [mark: string, about: string, told: string][] = [
    [
      status.isReady ? '✔' : '✖',
      `Ringcue ${status.version}`,
      `${status.address}, for ${lasting(status.upSeconds)}; ${status.isReady ? 'ready' : 'not ready'}`,
    ],
    ...status.missing.map((line): [string, string, string] => ['✖', 'missing', line]),
    ...status.pbxs.map((pbx): [string, string, string] => [
      pbx.isSeen ? '✔' : '✖',
      `PBX ${pbx.name}`,
      [
        pbx.isSeen ? 'seen' : 'not seen',
        pbx.polledSecondsAgo === null ? 'never polled' : `polled ${lasting(pbx.polledSecondsAgo)} ago`,
        ...(pbx.pollSeconds === null ? [] : [`polls take ${within(pbx.pollSeconds)}`]),
        `${pbx.faults} faults since the start`,
        ...(pbx.doubts > 0 ? [`${pbx.doubts} torn or forged blocks`] : []),
      ].join(', '),
    ]),
    [
      sessions.turnedAway > 0 ? '!' : '✔',
      'add-ons',
      `${sessions.connected} connected, ${sessions.turnedAway} turned away, ${sessions.tooSlow} let go as too slow`,
    ],
    [
      '✔',
      'lines',
      `${lines.sent} sent` +
        (lines.medianSeconds === null || lines.p99Seconds === null
          ? ''
          : `, half of the changes ${within(lines.medianSeconds)}, 99 % ${within(lines.p99Seconds)}`),
    ],
    [
      clients.rowsRefused > 0 ? '!' : '✔',
      'clients',
      `${clients.count} in the list${clients.rowsRefused > 0 ? `, ${clients.rowsRefused} rows refused` : ''}`,
    ],
    journal === null
      ? ['–', 'journal', 'none is configured']
      : [
          journal.isUp && journal.dropped === 0 ? '✔' : '!',
          'journal',
          `${journal.isUp ? 'kept' : 'not kept now'}, ${journal.written} written, ${journal.dropped} dropped`,
        ],
    ...(status.isConfigurationTaken
      ? []
      : [['!', 'settings', 'the last reload found them wrong: see the log'] as [string, string, string]]),
    [
      resources.eventLoopP99Seconds > 0.2 ? '!' : '✔',
      'process',
      `${Math.round(resources.residentBytes / 1e6)} MB, held up for ${milliseconds(resources.eventLoopP99Seconds)} at most (99 %)`,
    ],
  ];
  const width = Math.max(...rows.map(([, about]) => about.length));
  return rows.map(([mark, about, told]) => `${mark} ${about.padEnd(width)}  ${told}`).join('\n');
}

const milliseconds = (seconds: number): string => `${Number((seconds * 1000).toPrecision(2))} ms`;
/** A bucket of a histogram tells no more than this. */
const within = (seconds: number): string =>
  seconds === Infinity ? 'longer than all buckets' : `within ${milliseconds(seconds)}`;

function lasting(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
