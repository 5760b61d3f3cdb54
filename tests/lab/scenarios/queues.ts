// Queues: all at once, in turn, with phones and with Local channels as members (as FreePBX has them), and given up.
// The caller is answered by the queue before anybody takes the call: that is nobody's answer.
import { NUMBER, publicNumberOf } from './additions.ts';
import type { Person, Phone } from '../person.ts';
import { CLIENT, type Scenario, type Scene } from './scenario.ts';

const from = (queue: string) => `${CLIENT}, queue ${queue}`;
const taken = (queue: string) => `ringing(${from(queue)}) talking(${from(queue)}) ended completed`;
const elsewhere = (queue: string) => `ringing(${from(queue)}) ended answered-elsewhere by 102`;
const missedIn = (queue: string) => `ringing(${from(queue)}) ended missed`;

/** Which queue it is, a poll may have to tell. */
const queueIsKnown = (scene: Scene, ...extensions: string[]) =>
  Promise.all(extensions.map((extension) => scene.isTold(extension, ({ queue }) => queue !== null)));

async function takesTurn(client: Person, tried: Phone, taker: Phone): Promise<void> {
  await tried.rings();
  await tried.isFree();
  await taker.answers();
  await Promise.all([client.hears(), taker.hears()]);
  await client.hangsUp();
  await taker.isFree();
}

/** Everybody rings, 102 takes it. */
async function secondAnswers(scene: Scene, number: string, others: readonly Phone[]): Promise<void> {
  const { client, two } = scene;
  await client.calls(publicNumberOf(number));
  await Promise.all([...others.map((other) => other.rings()), two.rings()]);
  await queueIsKnown(scene, two.extension, ...others.map(({ extension }) => extension));
  await two.answers();
  await Promise.all([...others.map((other) => other.isFree()), client.hears(), two.hears()]);
  await client.hangsUp();
  await two.isFree();
}

export const queues: readonly Scenario[] = [
  {
    name: 'A queue that rings all: one of three answers',
    told: { 101: elsewhere('sales'), 102: taken('sales'), 103: elsewhere('sales') },
    play: (scene) => secondAnswers(scene, NUMBER.sales, [scene.one, scene.three]),
  },
  {
    name: 'A queue with Local members: one of two answers',
    told: { 101: elsewhere('local'), 102: taken('local') },
    play: (scene) => secondAnswers(scene, NUMBER.localMembers, [scene.one]),
  },
  {
    name: 'A queue with optimized Local members: one of two answers',
    told: { 101: elsewhere('local-optimized'), 102: taken('local-optimized') },
    play: (scene) => secondAnswers(scene, NUMBER.optimizedLocalMembers, [scene.one]),
  },
  {
    name: 'A queue that tries one after another: the second answers',
    told: { 101: `${missedIn('in-turn')} by 102`, 102: taken('in-turn') },
    async play({ client, one, two }) {
      await client.calls(publicNumberOf(NUMBER.inTurn));
      await takesTurn(client, one, two);
    },
  },
  {
    name: 'A queue that remembers whom it tried: the next answers',
    told: { 101: `${missedIn('by-memory')} by 102`, 102: taken('by-memory') },
    async play({ client, one, two }) {
      await client.calls(publicNumberOf(NUMBER.byMemory));
      await takesTurn(client, one, two);
    },
  },
  {
    name: 'A queue that tries Local members one after another: the second answers',
    told: { 101: `${missedIn('local-in-turn')} by 102`, 102: taken('local-in-turn') },
    async play({ client, one, two }) {
      await client.calls(publicNumberOf(NUMBER.localMembersInTurn));
      await takesTurn(client, one, two);
    },
  },
  {
    name: 'A queue: the client gives up',
    told: { 101: missedIn('sales'), 102: missedIn('sales'), 103: missedIn('sales') },
    async play(scene) {
      const { client, one, two, three } = scene;
      await client.calls(publicNumberOf(NUMBER.sales));
      await Promise.all([one.rings(), two.rings(), three.rings()]);
      await queueIsKnown(scene, '101', '102', '103');
      await client.hangsUp();
      await Promise.all([one.isFree(), two.isFree(), three.isFree()]);
    },
  },
  {
    name: 'A queue: nobody answers in time',
    told: { 101: missedIn('sales'), 102: missedIn('sales'), 103: missedIn('sales') },
    async play(scene) {
      const { client, one, two, three } = scene;
      await client.calls(publicNumberOf(NUMBER.impatientSales));
      await Promise.all([one.rings(), two.rings(), three.rings()]);
      await queueIsKnown(scene, '101', '102', '103');
      await Promise.all([one.isFree(), two.isFree(), three.isFree(), client.isFree()]);
    },
  },
];
