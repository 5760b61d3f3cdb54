// The sources in their order: who is asked when, how long, how often, and what is remembered. Sources here are made by hand
// and answer when the test says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBreaker } from '../../relay/directory/breaker.ts';
import { createDirectory } from '../../relay/directory/directory.ts';
import type { Directory, DirectoryOptions } from '../../relay/directory/directory.ts';
import { SourceFault } from '../../relay/directory/fault.ts';
import type { Client, Source, Step } from '../../relay/directory/source.ts';
import { waitFor } from '../relay/wait.ts';

const NUMBER = '+79161234567';
const client = (name: string): Client => ({ id: name, name, url: null, image: null, fields: {} });
const ANNA = client('Анна');

/** A source that is asked, with the questions that wait for its answer. */
function asked(name: string) {
  const questions: {
    number: string;
    answer(...clients: Client[]): void;
    fail(): void;
    isGivenUp: boolean;
  }[] = [];
  const source: Source = {
    name,
    find: ({ number }, signal) =>
      new Promise((resolve, reject) => {
        const question = {
          number,
          answer: (...clients: Client[]) => resolve(clients),
          fail: () => reject(new SourceFault('directory.unreachable', 'it is down')),
          isGivenUp: false,
        };
        signal.addEventListener('abort', () => (question.isGivenUp = true));
        questions.push(question);
      }),
    size: () => null,
    stop: () => undefined,
  };
  const isAsked = async (count: number) => {
    await waitFor(
      () => questions.length >= count,
      2_000,
      () => `${name} was asked ${questions.length} times, not ${count}`,
    );
    return questions[count - 1] ?? assert.fail();
  };
  return { source, questions, isAsked };
}

/** A source in memory. */
const held = (name: string, clients: Record<string, Client[]>): Source => ({
  name,
  find: ({ number }) => clients[number] ?? [],
  size: () => 1,
  stop: () => undefined,
});

function directoryOf(
  sources: Source[],
  over: Partial<DirectoryOptions> = {},
  softMs = 5_000,
  hardMs = 10_000,
) {
  const steps: Step[] = [];
  const directory: Directory = createDirectory({
    sources: sources.map((source) => ({ source, softMs, hardMs })),
    foundMs: 600_000,
    nobodyMs: 60_000,
    maxNumbers: 100,
    onStep: (step) => void steps.push(step),
    onBreaker: () => undefined,
    now: () => performance.now(),
    random: () => 0,
    ...over,
  });
  return { ...directory, steps };
}

test('what is in memory is told at once, and nobody else is asked', () => {
  const database = asked('database');
  const directory = directoryOf([held('list', { [NUMBER]: [ANNA] }), database.source]);
  assert.deepEqual(directory.find(NUMBER), [ANNA]);
  assert.equal(database.questions.length, 0);
  assert.equal(directory.size(), 1);
});

test('one question a number at a time, and its answer is remembered', async () => {
  const database = asked('database');
  const directory = directoryOf([database.source]);
  const both = [directory.find(NUMBER), directory.find(NUMBER)];
  assert.equal(database.questions.length, 0, 'the ring goes out first');
  (await database.isAsked(1)).answer(ANNA);
  assert.deepEqual(await Promise.all(both.map(async (one) => one)), [[ANNA], [ANNA]]);
  assert.deepEqual(directory.find(NUMBER), [ANNA], 'at once now');
  assert.equal(database.questions.length, 1);
});

test('that nobody has the number is remembered, too, but for less long', async () => {
  const database = asked('database');
  let now = 1;
  const directory = directoryOf([database.source], { now: () => now });
  const first = directory.find(NUMBER);
  (await database.isAsked(1)).answer();
  assert.deepEqual(await first, []);
  assert.deepEqual(directory.find(NUMBER), []);
  now = 60_002;
  const again = directory.find(NUMBER);
  (await database.isAsked(2)).answer(ANNA);
  assert.deepEqual(await again, [ANNA]);
  now += 599_000;
  assert.deepEqual(directory.find(NUMBER), [ANNA]);
  now += 2_000;
  void directory.find(NUMBER);
  (await database.isAsked(3)).answer(); // a client's data has a lifetime
});

test('the next source is asked when the one before knows nobody or fails', async () => {
  const [first, second, third] = [asked('first'), asked('second'), asked('third')];
  const directory = directoryOf([first.source, second.source, third.source]);
  const found = directory.find(NUMBER);
  (await first.isAsked(1)).answer();
  (await second.isAsked(1)).fail();
  (await third.isAsked(1)).answer(ANNA);
  assert.deepEqual(await found, [ANNA]);
  assert.deepEqual(
    directory.steps.map(({ source, outcome, problem }) => [source, outcome, problem]),
    [
      ['first', 'nobody', null],
      ['second', 'directory.unreachable', 'it is down'],
      ['third', 'found', null],
    ],
  );
});

test('where somebody failed, that nobody has the number is not remembered', async () => {
  const [first, second] = [asked('first'), asked('second')];
  const directory = directoryOf([first.source, second.source]);
  const found = directory.find(NUMBER);
  (await first.isAsked(1)).fail();
  (await second.isAsked(1)).answer();
  assert.deepEqual(await found, []);
  void directory.find(NUMBER);
  (await first.isAsked(2)).answer();
  (await second.isAsked(2)).answer();
});

test('after its soft limit the next is asked beside it, and the first answer counts', async () => {
  const [slow, other] = [asked('slow'), asked('other')];
  const directory = directoryOf([slow.source, other.source], {}, 20);
  const found = directory.find(NUMBER);
  await other.isAsked(1);
  assert.equal(slow.questions[0]?.isGivenUp, false);
  slow.questions[0]?.answer(ANNA);
  assert.deepEqual(await found, [ANNA]);
  other.questions[0]?.answer(client('another'));
});

test('a source that hangs is given up at its hard limit, and the question with it', async () => {
  const hanging = asked('hanging');
  const directory = directoryOf([hanging.source], {}, 20, 60);
  assert.deepEqual(await directory.find(NUMBER), []);
  assert.equal(hanging.questions[0]?.isGivenUp, true);
  assert.equal(directory.steps[0]?.outcome, 'directory.timeout');
});

test('a source that throws at once, or what is no fault at all, harms nobody', async () => {
  const broken: Source = {
    ...asked('broken').source,
    find: () => {
      throw new TypeError('a bug');
    },
  };
  const directory = directoryOf([broken]);
  assert.deepEqual(await directory.find(NUMBER), []);
  assert.equal(directory.steps[0]?.outcome, 'directory.bad-answer');
});

test('a source that failed five times in a row is left alone, tried with one question, and asked again', async () => {
  const database = asked('database');
  let now = 0;
  const directory = directoryOf([database.source], { now: () => now });
  for (let n = 1; n <= 5; n += 1) {
    const found = directory.find(`${NUMBER}${n}`);
    (await database.isAsked(n)).fail();
    await found;
  }
  assert.deepEqual(directory.find(NUMBER), [], 'at once: there is nobody to wait for');
  assert.equal(directory.steps.at(-1)?.outcome, 'directory.resting');
  assert.equal(database.questions.length, 5);
  now = 5_000;
  const trial = directory.find(NUMBER);
  assert.deepEqual(await directory.find('+79160000000'), [], 'one question is a trial, not two');
  (await database.isAsked(6)).answer(ANNA);
  assert.deepEqual(await trial, [ANNA]);
  void directory.find('+79160000001');
  (await database.isAsked(7)).answer();
});

test('a flood of numbers asks for no more than a bound at once', async () => {
  const database = asked('database');
  const directory = directoryOf([database.source]);
  const all = Array.from({ length: 1_000 }, (_, n) => directory.find(`+7916${1_000_000 + n}`));
  await database.isAsked(32);
  for (const question of database.questions) question.answer(ANNA);
  const answers = await Promise.all(all.map(async (one) => one));
  assert.equal(database.questions.length, 32);
  assert.equal(answers.filter(({ length }) => length > 0).length, 32);
  const again = directory.find('+79169999999');
  (await database.isAsked(33)).answer(); // it goes on afterwards
  await again;
});

test('no more answers are remembered than the bound, the latest used stay', async () => {
  const database = asked('database');
  const directory = directoryOf([database.source], { maxNumbers: 2 });
  for (const [n, number] of ['+79160000001', '+79160000002', '+79160000003'].entries()) {
    const found = directory.find(number);
    (await database.isAsked(n + 1)).answer(ANNA);
    await found;
  }
  assert.deepEqual(directory.find('+79160000003'), [ANNA]);
  assert.ok(directory.find('+79160000001') instanceof Promise);
  database.questions[3]?.answer();
});

test('whoever wants to know why is told of every source, whatever is remembered', async () => {
  const database = asked('database');
  const directory = directoryOf([held('list', { [NUMBER]: [ANNA] }), database.source]);
  const steps = directory.trace(NUMBER);
  (await database.isAsked(1)).answer();
  assert.deepEqual(
    (await steps).map(({ source, outcome, clients }) => [source, outcome, clients.length]),
    [
      ['list', 'found', 1],
      ['database', 'nobody', 0],
    ],
  );
});

test('the breaker: closed, open, trial', () => {
  let now = 0;
  const breaker = createBreaker(
    () => now,
    () => 0.5,
  );
  for (let n = 0; n < 4; n += 1) breaker.done(false);
  breaker.done(true);
  for (let n = 0; n < 4; n += 1) breaker.done(false);
  assert.deepEqual([breaker.state(), breaker.allows()], ['closed', true], 'four in a row are not five');
  breaker.done(false);
  assert.deepEqual([breaker.state(), breaker.allows()], ['open', false]);
  now = 2_999;
  assert.equal(breaker.allows(), false);
  now = 3_001;
  assert.deepEqual([breaker.allows(), breaker.state(), breaker.allows()], [true, 'trial', false]);
  breaker.done(false);
  assert.equal(breaker.state(), 'open');
  now = 3_600_000;
  breaker.allows();
  breaker.done(false);
  now += 61_000;
  assert.deepEqual(
    [breaker.allows(), breaker.state()],
    [true, 'trial'],
    'it is never left alone for longer than a minute',
  );
  breaker.done(true);
  assert.deepEqual([breaker.state(), breaker.allows()], ['closed', true]);
});
