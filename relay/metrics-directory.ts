// What IT can watch of the directory. `source` is what the configuration calls it; no label holds a number or a name. Called by
// `metrics.ts`.
import { Counter, Gauge, Histogram } from 'prom-client';
import type { Registry } from 'prom-client';
import type { Source } from './directory/source.ts';

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 0.8, 1.5, 3, 10];

export type DirectoryMetrics = ReturnType<typeof directoryMetrics>;

export function directoryMetrics(registry: Registry) {
  const registers = [registry];
  let sources: () => readonly Source[] = () => [];
  const ofSources = (name: string, help: string, value: (source: Source) => number | null) =>
    new Gauge({
      name,
      help,
      labelNames: ['source'],
      registers,
      collect() {
        for (const source of sources()) {
          const told = value(source);
          if (told !== null) this.set({ source: source.name }, told);
        }
      },
    });
  ofSources('ringcue_directory_clients', 'Clients that a source holds in memory', (source) => source.size());
  ofSources(
    'ringcue_directory_age_seconds',
    'Since the list in memory was read from its source',
    (source) => {
      const readAt = source.readAt?.() ?? null;
      return readAt === null ? null : (Date.now() - readAt) / 1000;
    },
  );
  return {
    clients: new Gauge({ name: 'ringcue_clients', help: 'Clients in the list', registers }),
    clientRowsRefused: new Gauge({
      name: 'ringcue_client_rows_refused',
      help: 'Rows of the client list that could not be used at its last reading',
      registers,
    }),
    lookUps: new Counter({
      name: 'ringcue_directory_lookups_total',
      help: 'Questions to a source, by what came of them; what is remembered is not asked',
      labelNames: ['source', 'outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'ringcue_directory_seconds',
      help: 'Time that a source took to answer, or to fail',
      labelNames: ['source'],
      buckets: SECONDS,
      registers,
    }),
    resting: new Gauge({
      name: 'ringcue_directory_resting',
      help: '1 while a source that failed again and again is left alone',
      labelNames: ['source'],
      registers,
    }),
    readings: new Counter({
      name: 'ringcue_directory_readings_total',
      help: 'Readings of a whole list, by what came of them',
      labelNames: ['source', 'outcome'],
      registers,
    }),
    /** Whose sizes and ages are told when somebody asks. */
    sizes: (told: typeof sources): void => void (sources = told),
  };
}
