// `ringcue lookup NUMBER`: whose number is it, who says so, and what would be shown and opened. With the relay's own
// configuration; it asks the sources themselves, past all that a running relay remembers. Exit codes: 0 somebody was found, 1
// nobody, or a source has a fault, 64 used wrongly, 78 the configuration is wrong.
import { parseArgs } from 'node:util';
import { createPhones } from '../calls/phones.ts';
import { allSources } from '../client-directory.ts';
import type { Command, Invocation } from '../command.ts';
import type { Config } from '../config.ts';
import type { PbxConfig } from '../config-pbx.ts';
import { foundFor } from '../directory/card.ts';
import { openDirectory } from '../directory/open-directory.ts';
import { queryFor } from '../directory/query.ts';
import { describeNumber, rewriteNumber } from '../numbers.ts';
import { cardTemplates, configured } from './configured.ts';
import { reportJson, reportLines } from './lookup-report.ts';
import type { FaultCode } from '../directory/source.ts';
import type { LookUp } from './lookup-report.ts';

const LOOKUP_USAGE = 'lookup NUMBER [--extension 101] [--json]';

type Asked = { given: string; extension: string | null; isJson: boolean };

export const lookup: Command = (invocation) => {
  const asked = readParameters(invocation.parameters);
  if (typeof asked !== 'string') return configured((config) => run(config, asked, invocation))(invocation);
  invocation.complain(asked);
  invocation.complain(`Usage: ringcue ${LOOKUP_USAGE}`);
  return Promise.resolve(64);
};

/** A text says what is wrong. */
function readParameters(parameters: readonly string[]): Asked | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...parameters],
      options: { extension: { type: 'string' }, json: { type: 'boolean' } },
      allowPositionals: true,
    });
    // Without quotes, a shell takes `8 (916) 123` for several.
    const given = positionals.join(' ').trim();
    if (given === '')
      return 'Whose number? Write it as your PBX or your clients write it, for example "8 (916) 123-45-67".';
    return { given, extension: values.extension ?? null, isJson: values.json === true };
  } catch (error) {
    return (error as Error).message;
  }
}

async function run(
  config: Config,
  { given, extension, isJson }: Asked,
  { say }: Invocation,
): Promise<number> {
  const pbx = pbxOf(config, extension);
  const number = describeNumber(given, config.country, pbx.rewrite);
  const query = number.number === null ? null : queryFor(number.number);
  const { steps, notes, colleague } = query === null ? NOT_ASKED : await askSources(config, query.number);
  const clients = steps.find((step) => step.clients.length > 0)?.clients ?? [];
  const lookUp: LookUp = {
    given,
    pbx: config.pbxs.length > 1 ? pbx.name : null,
    rewritten: rewriteNumber(given, pbx.rewrite),
    number,
    query,
    steps,
    notes,
    colleague,
    found:
      query === null ? { client: null, url: null } : foundFor(query.number, clients, cardTemplates(config)),
    extension,
    notification: { title: config.notificationTitle, text: config.notificationText },
  };
  if (isJson) say(reportJson(lookUp));
  else for (const line of reportLines(lookUp)) say(line);
  return (clients.length > 0 || colleague !== null) && notes.length === 0 ? 0 : 1;
}

type Answers = Pick<LookUp, 'steps' | 'notes' | 'colleague'>;
const NOT_ASKED: Answers = { steps: [], notes: [], colleague: null };
/** A list of a million takes seconds. */
const LISTS_WITHIN_MS = 60_000;

/** The sources as they are now: what a running relay keeps on disk is neither read nor written. */
async function askSources(config: Config, number: string): Promise<Answers> {
  const sources = allSources(config);
  const notes: { source: string; text: string }[] = [];
  const { staff } = config.directory;
  const unread = new Map(
    [...sources, ...(staff ? [{ ...staff, type: 'staff' as const, mode: 'snapshot' as const }] : [])]
      .filter(({ type, mode }) => type !== 'csv' && mode === 'snapshot')
      .map(({ name }) => [name, Promise.withResolvers<null>()]),
  );
  const unreadable = new Map<string, FaultCode>();
  const directory = await openDirectory({
    sources,
    staff,
    country: config.country,
    fields: config.directoryFields,
    folder: null,
    cacheMs: 0,
    wallClock: Date.now,
    now: () => performance.now(),
    random: Math.random,
    onStep: () => undefined,
    onBreaker: () => undefined,
    onList: (file, { problems, isTaken }) => {
      const source = sources.find((one) => one.type === 'csv' && one.path === file)?.name ?? file;
      for (const { line, message } of problems)
        notes.push({ source, text: `${file}${line > 0 ? `, line ${line}` : ''}: ${message}` });
      if (!isTaken) notes.push({ source, text: `${file} is not taken` });
    },
    onSnapshot: (source, told) => {
      if (told.type === 'fault') unreadable.set(source, told.code);
      if (told.problem !== null) notes.push({ source, text: told.problem });
      unread.get(source)?.resolve(null);
    },
  });
  try {
    const allRead = Promise.all([...unread.values()].map(({ promise }) => promise));
    const deadline = new Promise((resolve) => void setTimeout(resolve, LISTS_WITHIN_MS).unref());
    await Promise.race([allRead, deadline]);
    const traced = await directory.trace(number);
    // Whose list could not be read knows nobody only because of that.
    const steps = traced.map((step) => ({ ...step, outcome: unreadable.get(step.source) ?? step.outcome }));
    for (const { source, outcome, problem } of steps) {
      if (problem === null) continue;
      const asked = sources.find(({ name }) => name === source);
      const isQuery = asked !== undefined && 'query' in asked && outcome === 'directory.bad-query';
      notes.push({ source, text: isQuery ? `${problem}\nin the query:\n${asked.query}` : problem });
    }
    return { steps, notes, colleague: directory.colleagueName(number) };
  } finally {
    await directory.stop();
  }
}

/** The PBX that may have this phone, else the first. */
function pbxOf({ pbxs }: Config, extension: string | null): PbxConfig {
  const mayHave = ({ extensions, phones, prefix }: PbxConfig): boolean =>
    extension !== null &&
    createPhones({ pattern: extensions, endpoints: phones, prefix }).isExtension(extension);
  const [first] = pbxs;
  const pbx = pbxs.find(mayHave) ?? first;
  if (!pbx) throw new Error('a configuration has at least one PBX');
  return pbx;
}
