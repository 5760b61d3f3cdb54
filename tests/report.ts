// What a test run prints: each file with its time, what failed and why, what was skipped and why, and at the end one line
// `N passed, N failed` that people and CI read.
import type { TestEvent } from 'node:test/reporters';

type Finished = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>['data'];
type Output = { write(text: string): unknown };

export type Report = {
  take(event: TestEvent): void;
  /** Prints the summary; the exit code. Nothing run is a failure, too. */
  end(): number;
};

export function createReport(output: Output): Report {
  let passed = 0;
  const failures: string[] = [];
  const skipped: string[] = [];
  const files = new Map<string, { passed: number; failed: number; ms: number }>();
  const say = (text: string): void => void output.write(`${text}\n`);

  const place = (file: string | undefined) => (file ?? 'tests').replace(`${process.cwd()}/`, '');
  const fileOf = (data: { file?: string | undefined }) => {
    const name = place(data.file);
    const tally = files.get(name) ?? { passed: 0, failed: 0, ms: 0 };
    files.set(name, tally);
    return tally;
  };

  const finished = (data: Finished, error?: unknown): void => {
    const { skip, name, details } = data;
    const isGroup = details.type === 'suite';
    if (data.nesting === 0) fileOf(data).ms += details.duration_ms;
    if (skip !== undefined)
      skipped.push(`${name}: ${skip === true || skip === '' ? 'NO REASON GIVEN' : skip}`);
    else if (error === undefined) {
      if (isGroup) return;
      passed += 1;
      fileOf(data).passed += 1;
    } else if (!isGroup || !isOnlyItsTests(error)) {
      fileOf(data).failed += 1;
      failures.push(`${place(data.file)}: ${name}\n${explain(error)}`);
      say(`✖ ${name}`);
    }
  };

  return {
    take(event) {
      if (event.type === 'test:pass') finished(event.data);
      else if (event.type === 'test:fail') finished(event.data, event.data.details.error);
      else if (event.type === 'test:stderr') output.write(event.data.message);
      else if (event.type === 'test:stdout' && !/^\s*$/.test(event.data.message))
        output.write(event.data.message);
    },
    end() {
      for (const [file, tally] of files)
        say(`${tally.failed > 0 ? '✖' : '✔'} ${file}  ${tally.passed} in ${(tally.ms / 1000).toFixed(1)} s`);
      if (skipped.length > 0) say(`\nSkipped:\n${skipped.map((line) => `  ${line}`).join('\n')}`);
      if (failures.length > 0) say(`\nFailed:\n${failures.join('\n\n')}`);
      say(
        `\n${passed} passed, ${failures.length} failed${skipped.length > 0 ? `, ${skipped.length} skipped` : ''}`,
      );
      return failures.length > 0 || passed === 0 ? 1 : 0;
    },
  };
}

/** A suite fails with its tests; only what fails in the suite itself is news. */
const isOnlyItsTests = (error: unknown): boolean =>
  (error as { failureType?: string }).failureType === 'subtestsFailed';

function explain(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
}
