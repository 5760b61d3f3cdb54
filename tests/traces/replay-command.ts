// `npm run replay`: prints what each extension would have been told of recorded calls, by one method or all, or whether
// that is what must be told. Called by `run.ts`.
import { basename, dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { tellStory } from '../relay/story.ts';
import { METHODS_PAGE, writeMethodsPage } from './methods.ts';
import { findRecordings, nameOf, readRecording, RECORDINGS } from './recording.ts';
import { METHOD_NAMES, METHODS, replay, storiesOf } from './replay.ts';
import type { MethodName, Told } from './replay.ts';
import { differences, expectedOf } from './told.ts';
import type { Trace } from './trace.ts';
import { TraceError } from './trace.ts';

const HELP = `npm run replay FILE…           what each extension would have been told, and when
npm run replay -- --methods FILE…  its story by each method: ${METHOD_NAMES.join(', ')}
npm run replay -- --check FILE…    whether that is what must be told (recordings of the project)
npm run replay -- --write-methods  writes the table in ${METHODS_PAGE} anew
FILE: a .trace, .trace.gz or .ami file, or a folder of them.
`;

/** Returns the exit code. `folder`: what relative paths begin at. */
export function runReplay(
  parameters: readonly string[],
  folder: string,
  say: (text: string) => void,
): number {
  try {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: {
        methods: { type: 'boolean', default: false },
        check: { type: 'boolean', default: false },
        'write-methods': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values['write-methods']) {
      writeMethodsPage();
      say(`${METHODS_PAGE} is written.`);
      return 0;
    }
    if (values.check) return check(findRecordings(pathsOf(positionals, folder, [RECORDINGS])), say);
    if (values.help || positionals.length === 0) {
      say(HELP);
      return values.help ? 0 : 64;
    }
    for (const path of findRecordings(pathsOf(positionals, folder, []))) {
      const trace = readRecording(path);
      say(headline(path, trace));
      if (values.methods) for (const method of METHOD_NAMES) sayStories(trace, method, say);
      else sayChanges(replay(trace), say);
      say('');
    }
    return 0;
  } catch (error) {
    const isUsage = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
    if (!isUsage && !(error instanceof TraceError)) throw error;
    say(`${(error as Error).message}${isUsage ? `\n\n${HELP}` : ''}`);
    return isUsage ? 64 : 1;
  }
}

const pathsOf = (
  given: readonly string[],
  folder: string,
  otherwise: readonly string[],
): readonly string[] => (given.length > 0 ? given.map((path) => resolve(folder, path)) : otherwise);

function headline(path: string, { header, moments }: Trace): string {
  const seconds = ((moments.at(-1)?.ms ?? 0) / 1000).toFixed(1);
  const title = expectedOf(nameOf(path), header)?.title;
  return `${nameOf(path)}${title ? `: ${title}` : ''} (${moments.length} moments in ${seconds} s${header.asterisk ? `, ${header.asterisk}` : ''})`;
}

function sayStories(trace: Trace, method: MethodName, say: (text: string) => void): void {
  const stories = Object.entries(storiesOf(replay(trace, METHODS[method])));
  if (stories.length === 0) say(`  ${method.padEnd(13)} nobody is told anything`);
  for (const [index, [extension, story]] of stories.entries())
    say(`  ${(index === 0 ? method : '').padEnd(13)} ${extension}: ${story}`);
}

function sayChanges(told: readonly Told[], say: (text: string) => void): void {
  if (told.length === 0) say('  nobody is told anything');
  const before = new Map<string, string>();
  for (const { ms, extension, call } of told) {
    const now = tellStory([call]);
    const id = `${extension} ${call.id}`;
    if (before.get(id) === now) continue; // what a story does not say has changed
    before.set(id, now);
    say(`  ${String(ms).padStart(7)} ms  ${extension}  ${now}`);
  }
  for (const [extension, story] of Object.entries(storiesOf(told))) say(`  ${extension}: ${story}`);
}

function check(paths: readonly string[], say: (text: string) => void): number {
  const verdicts = { PASS: 0, FAIL: 0, '?': 0 };
  for (const path of paths) {
    const trace = readRecording(path);
    const expected = expectedOf(nameOf(path), trace.header);
    const wrong = expected ? differences(expected, storiesOf(replay(trace))) : [];
    const verdict = !expected ? '?' : wrong.length > 0 ? 'FAIL' : 'PASS';
    verdicts[verdict] += 1;
    const what = expected?.title ?? `${nameOf(path)}: nobody has said what must be told`;
    say(`${verdict.padEnd(4)}  ${basename(dirname(path)).padEnd(17)}  ${what}`);
    if (wrong.length > 0) say(`        ${path}`);
    for (const { extension, told, expected: right } of wrong)
      say(`        ${extension} is told  ${told || 'nothing'}\n        and must be   ${right || 'nothing'}`);
  }
  say(`${verdicts.PASS} of ${paths.length} are told right.`);
  return verdicts.FAIL > 0 ? 1 : 0;
}
