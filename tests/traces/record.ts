// `npm run record`: a live Asterisk's AMI into a trace without people in it, until Ctrl-C or a bound, so that a user can
// send a case that goes wrong. Only reads. Called by `run.ts`.
import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AmiError } from '../../relay/ami/connection.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { readConfig } from '../../relay/config.ts';
import type { Config } from '../../relay/config.ts';
import { accountOf } from '../../relay/config-pbx.ts';
import type { PbxConfig } from '../../relay/config-pbx.ts';
import type { Environment } from '../../relay/config-source.ts';
import { createAnonymizer } from './anonymize.ts';
import { startRecorder } from './recorder.ts';
import type { Recorder } from './recorder.ts';
import { openTraceFile } from './trace-file.ts';
import type { TraceFile } from './trace-file.ts';
import { MAX_PATTERN_LENGTH, TraceError } from './trace.ts';
import type { Moment, TraceHeader } from './trace.ts';

const HELP = `npm run record                 records what Asterisk says into ringcue-TIME.trace, until Ctrl-C
npm run record -- FILE         into this file
  --minutes N                  ends after N minutes (60)
  --megabytes N                ends when the file has N megabytes (100)
  --pbx NAME                   which PBX, where the configuration has several (the first)
  --replace-short-numbers      also numbers of up to six digits: extensions and short codes, which otherwise stay
It connects with the relay's own settings (RINGCUE_CONFIG, RINGCUE_AMI_HOST …) and only reads.
`;

export type RecordOptions = {
  parameters: readonly string[];
  environment: Environment;
  /** What relative paths begin at. */
  folder: string;
  say(text: string): void;
  /** Each second: overwrites itself on a terminal. */
  sayProgress(text: string): void;
  /** Ends the recording in good order. */
  signal: AbortSignal;
};

type Source = { pbx: PbxConfig; country: Config['country'] };
type Bounds = { maxMs: number; maxBytes: number };

/** Returns the exit code. */
export async function runRecord(options: RecordOptions): Promise<number> {
  const { parameters, environment, folder, say } = options;
  try {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      allowPositionals: true,
      options: {
        minutes: { type: 'string', default: '60' },
        megabytes: { type: 'string', default: '100' },
        pbx: { type: 'string' },
        'replace-short-numbers': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const [minutes, megabytes] = [Number(values.minutes), Number(values.megabytes)];
    if (values.help || positionals.length > 1 || !(minutes > 0) || !(megabytes > 0)) {
      say(HELP);
      return values.help ? 0 : 64;
    }
    // Whom the relay lets in does not matter here, and must not be asked for.
    const result = readConfig({ ...environment, RINGCUE_AUTH: 'open', RINGCUE_OPEN_BEYOND_LOOPBACK: 'yes' });
    if ('problems' in result) {
      say(`The relay's configuration is wrong:\n${result.problems.map((line) => `  ${line}`).join('\n')}`);
      return 78;
    }
    const { pbxs, country } = result.config;
    const pbx = pbxs.find(({ name }) => values.pbx === undefined || name === values.pbx);
    if (!pbx)
      throw new TraceError(`There is no PBX ${values.pbx}: ${pbxs.map(({ name }) => name).join(', ')}`);
    const path = resolve(
      folder,
      positionals[0] ?? `ringcue-${new Date().toISOString().replace(/\..*|[:-]/g, '')}.trace`,
    );
    if (existsSync(path)) throw new TraceError(`${path} is there already: name another file`);
    return await record(options, { pbx, country }, path, {
      bounds: { maxMs: minutes * 60_000, maxBytes: megabytes * 1_000_000 },
      areShortNumbersReplaced: values['replace-short-numbers'],
    });
  } catch (error) {
    const isUsage = (error as NodeJS.ErrnoException).code?.startsWith('ERR_PARSE_ARGS') ?? false;
    if (!isUsage && !(error instanceof TraceError) && !(error instanceof AmiError)) throw error;
    say(`${(error as Error).message}${isUsage ? `\n\n${HELP}` : ''}`);
    return isUsage ? 64 : 1;
  }
}

async function record(
  { say, sayProgress, signal }: RecordOptions,
  { pbx, country }: Source,
  path: string,
  { bounds, areShortNumbersReplaced }: { bounds: Bounds; areShortNumbersReplaced: boolean },
): Promise<number> {
  // Its own extensions, whatever they are called outside it.
  const phones = createPhones({ pattern: pbx.extensions, endpoints: pbx.phones, prefix: '' });
  const { moment: anonymized } = createAnonymizer({
    extensionOf: phones.extensionOf,
    areShortNumbersReplaced,
    random: () => randomInt(2 ** 32) / 2 ** 32,
  });
  const ending = Promise.withResolvers<string>();
  const seen = { events: 0, channels: 0 };
  /** Until the file is open: its header says which Asterisk it is. */
  const early: Moment[] = [];
  let file: TraceFile | null = null;
  const write = (moment: Moment): void => {
    if (!file) return void early.push(moment);
    try {
      if (!file.add(moment)) ending.resolve(`The file has reached ${bounds.maxBytes / 1_000_000} megabytes.`);
    } catch (error) {
      ending.reject(error);
    }
  };

  const account = accountOf(pbx);
  say(`Connecting to ${account.host}:${account.port} as ${account.username} …`);
  const recorder: Recorder = await startRecorder({
    account,
    isUserListening: pbx.amiUserEvents,
    onMoment: (moment) => {
      if ('event' in moment) seen.events += 1;
      if ('packets' in moment) seen.channels = moment.packets.length - 1;
      write(anonymized(moment));
    },
  });
  const startedAt = performance.now();
  const showing = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const kilobytes = Math.ceil((file?.bytes() ?? 0) / 1000);
    sayProgress(`${seconds} s: ${seen.events} events, ${seen.channels} channels now, ${kilobytes} kB`);
  }, 1_000);
  const timer = setTimeout(() => ending.resolve('The time is over.'), bounds.maxMs);
  const stop = (): void => ending.resolve('Stopped.');
  try {
    file = openTraceFile(
      path,
      headerOf({ pbx, country }, recorder, areShortNumbersReplaced),
      bounds.maxBytes,
    );
    early.splice(0).forEach(write);
    say(`Recording ${recorder.asterisk || 'Asterisk'} into ${path}`);
    say('Now make the call that goes wrong, wait a few seconds after its end, then press Ctrl-C.');
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const why = await ending.promise;
    say(`\n${why} ${seen.events} events are in ${path}`);
    sayWhatNext(path, areShortNumbersReplaced, say);
    return 0;
  } finally {
    clearInterval(showing);
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await recorder.stop();
    file?.close();
  }
}

function sayWhatNext(path: string, areShortNumbersReplaced: boolean, say: (text: string) => void): void {
  say('Numbers, names and addresses of people in it are replaced, each by the same substitute everywhere.');
  if (!areShortNumbersReplaced)
    say('Numbers of up to six digits (extensions, short codes) are not: see --replace-short-numbers.');
  say(`What the relay makes of it:  npm run replay ${path}`);
  say('It is text: look through it before you send it to anybody.');
}

function headerOf(
  { pbx, country }: Source,
  { asterisk }: Recorder,
  areShortNumbersReplaced: boolean,
): TraceHeader {
  return {
    trace: 1,
    ...(asterisk && { asterisk }),
    recordedAt: new Date().toISOString(),
    country,
    // Short numbers that were replaced may fit no pattern any more.
    ...(!areShortNumbersReplaced && { extensions: patternOf(pbx) }),
    replaced: `numbers of more than six digits, names, addresses${areShortNumbersReplaced ? ', short numbers' : ''}`,
  };
}

/** Which numbers are extensions: in the trace every phone's endpoint is called by its extension. */
function patternOf({ extensions, phones }: PbxConfig): string {
  const usual = '\\d{2,6}';
  const pattern = /^\^\(\?:(.*)\)\$$/.exec(extensions.source)?.[1] ?? usual;
  // One with letters or a group is about the names of endpoints, which are not in the trace.
  const isOfNames = /[a-z]|\((?!\?:)/i.test(pattern.replaceAll('\\d', ''));
  const numbers = [...new Set(phones.values())].filter((extension) => /^\d{1,6}$/.test(extension));
  const whole = [isOfNames ? usual : pattern, ...numbers].join('|');
  return whole.length > MAX_PATTERN_LENGTH || /\d{7}/.test(whole) ? usual : whole;
}
