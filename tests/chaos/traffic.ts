// Calls that go on all the time: clients ring single phones and the ring group, give up, are answered, are declined, and
// staff call out. Every caller has a number of his own, so nobody can be taken for another. A story that a fault spoils
// is tidied up and forgotten: what really happened is the PBX's to tell. Called by chaos.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { RING_GROUP_NUMBER } from '../lab/dialplan.ts';
import type { Office } from '../lab/office.ts';
import type { Client } from '../lab/person.ts';
import type { Random } from '../simulation/random.ts';

const LONGEST_RING_MS = 9_000;
const LONGEST_TALK_MS = 4_000;
const LONGEST_PAUSE_MS = 400;
const FREE_DEADLINE_MS = 25_000;

export type Traffic = {
  readonly calls: number;
  /** Stories that a fault spoiled. */
  readonly spoiled: number;
  /** No new calls; resolves when the last has ended. */
  stop(): Promise<void>;
};

type Story = {
  name: string;
  phones: readonly string[];
  share: number;
  play(office: Office, random: Random, client: Client): Promise<void>;
};

const GROUP = ['101', '102', '103'];
const between = (random: Random, least: number, most: number) => least + random.next() * (most - least);

const single = (extension: string): Story[] => [
  {
    name: 'gives up',
    phones: [extension],
    share: 4,
    play: async (office, random, client) => {
      await client.calls(office.phone(extension));
      await office.phone(extension).rings();
      await sleep(between(random, 50, LONGEST_RING_MS));
      await client.hangsUp();
    },
  },
  {
    name: 'is answered',
    phones: [extension],
    share: 3,
    play: async (office, random, client) => {
      await client.calls(office.phone(extension));
      const call = await office.phone(extension).rings();
      await sleep(between(random, 50, LONGEST_RING_MS));
      await office.phone(extension).answers(call);
      await sleep(between(random, 50, LONGEST_TALK_MS));
      await (random.chance(0.5) ? client : office.phone(extension)).hangsUp();
    },
  },
  {
    name: 'is declined',
    phones: [extension],
    share: 1,
    play: async (office, random, client) => {
      await client.calls(office.phone(extension));
      const call = await office.phone(extension).rings();
      await sleep(between(random, 50, LONGEST_RING_MS / 3));
      await office.phone(extension).declines(call);
    },
  },
  {
    name: 'calls out',
    phones: [extension],
    share: 1,
    play: async (office, random, client) => {
      await office.phone(extension).dials(`+${client.number ?? ''}`);
      const call = await client.rings();
      await sleep(between(random, 50, LONGEST_RING_MS / 3));
      await client.answers(call);
      await sleep(between(random, 50, LONGEST_TALK_MS));
      await office.phone(extension).hangsUp();
    },
  },
];

const STORIES: readonly Story[] = [
  ...['101', '102', '103', '104', '105'].flatMap(single),
  {
    name: 'the group, one answers',
    phones: GROUP,
    share: 2,
    play: async (office, random, client) => {
      await client.calls(RING_GROUP_NUMBER);
      const phone = office.phone(random.pick(GROUP));
      await Promise.all(GROUP.map((extension) => office.phone(extension).rings()));
      await sleep(between(random, 50, LONGEST_RING_MS / 2));
      await phone.answers();
      await sleep(between(random, 50, LONGEST_TALK_MS));
      await client.hangsUp();
    },
  },
  {
    name: 'the group, nobody answers',
    phones: GROUP,
    share: 2,
    play: async (office, random, client) => {
      await client.calls(RING_GROUP_NUMBER);
      await Promise.all(GROUP.map((extension) => office.phone(extension).rings()));
      await sleep(between(random, 50, LONGEST_RING_MS));
      await client.hangsUp();
    },
  },
];
const BAG = STORIES.flatMap((story) => Array.from({ length: story.share }, () => story));

export function startTraffic(office: Office, random: Random): Traffic {
  const busy = new Set<string>();
  const playing = new Set<Promise<void>>();
  let isStopping = false;
  let calls = 0;
  let spoiled = 0;

  const tidy = async (phones: readonly string[], client: Client): Promise<void> => {
    const people = [...phones.map((extension) => office.phone(extension)), client];
    try {
      await client.hangsUpAll();
      await Promise.all(people.map((person) => person.isFree(FREE_DEADLINE_MS)));
    } catch {
      for (const person of people) person.forgetsAll(); // Asterisk was away and knows nothing of this call any more
    }
  };
  const play = async (story: Story): Promise<void> => {
    calls += 1;
    const client = office.client({ number: `7916${String(calls).padStart(7, '0')}` });
    try {
      await story.play(office, random, client);
    } catch {
      spoiled += 1;
    }
    await tidy(story.phones, client);
    office.dismisses(client);
    for (const extension of story.phones) busy.delete(extension);
  };
  const run = async (): Promise<void> => {
    while (!isStopping) {
      const story = random.pick(BAG);
      if (office.asterisk.isRunning && story.phones.every((extension) => !busy.has(extension))) {
        for (const extension of story.phones) busy.add(extension);
        const played: Promise<void> = play(story).finally(() => playing.delete(played));
        playing.add(played);
      }
      await sleep(random.next() * LONGEST_PAUSE_MS);
    }
    await Promise.all(playing);
  };
  const running = run();
  return {
    get calls() {
      return calls;
    },
    get spoiled() {
      return spoiled;
    },
    stop: () => {
      isStopping = true;
      return running;
    },
  };
}
