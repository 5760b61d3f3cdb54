// What the doctor finds, for /setup: one examination at a time, begun by whoever may, told while it goes on, and given up
// after a deadline. Shell; `commands/serve-pages.ts` makes one.
import type { Told } from '../doctor/finding.ts';

/** More than all the doctor's own deadlines together, but for a PBX whose every answer is late. */
const DEADLINE_MS = 60_000;
/** Each PBX has some fifteen. */
const MAX_FINDINGS = 1_000;

export type Examined = {
  told: readonly Told[];
  startedAt: number;
  /** `late`: the rest has not come in time. `failed`: a fault of the relay itself. */
  state: 'running' | 'done' | 'late' | 'failed';
};

export type Examination = {
  /** Nothing happens while the one before goes on, late or not. */
  start(): void;
  /** The last one; null: there was none. */
  last(): Examined | null;
};

export type ExaminationOptions = {
  examine(tell: (told: Told) => void): Promise<unknown>;
  now(): number;
  onFailed(error: unknown): void;
  deadlineMs?: number;
};

export function createExamination({
  examine,
  now,
  onFailed,
  deadlineMs = DEADLINE_MS,
}: ExaminationOptions): Examination {
  let last: (Omit<Examined, 'told'> & { told: Told[] }) | null = null;
  let isGoingOn = false;
  return {
    start() {
      if (isGoingOn) return;
      isGoingOn = true;
      const one: NonNullable<typeof last> = { told: [], startedAt: now(), state: 'running' };
      last = one;
      const end = (state: Examined['state']): void => {
        if (one.state === 'running') one.state = state;
      };
      const deadline = setTimeout(() => end('late'), deadlineMs).unref();
      const tell = (told: Told): void => {
        if (one.state === 'running' && one.told.length < MAX_FINDINGS) one.told.push(told);
      };
      void examine(tell)
        .then(
          () => end('done'),
          (error: unknown) => {
            end('failed');
            onFailed(error);
          },
        )
        .finally(() => {
          clearTimeout(deadline);
          isGoingOn = false;
        });
    },
    last: () => last,
  };
}
