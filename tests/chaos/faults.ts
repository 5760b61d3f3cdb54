// What goes wrong, as a table: each fault breaks one thing of the world, lasts, and mends it again. Called by chaos.ts.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../lab/until.ts';
import type { Random } from '../simulation/random.ts';
import type { Fault } from './facts.ts';
import { killRelay, type World } from './world.ts';

type Window = Pick<Fault, 'from' | 'to' | 'screens'>;

export type FaultKind = {
  kind: string;
  /** How often it comes, beside the others. */
  share: number;
  /** ms */
  shortest: number;
  longest: number;
  hides: Fault['hides'];
  /** Only some screens notice: it may come beside another fault. */
  isPartial: boolean;
  /** Why this machine cannot make it, or null. */
  leftOut?(world: World): string | null;
  /** null: nothing may be noticed, so nothing is excused. */
  run(world: World, lastsMs: number, random: Random): Promise<Window | null>;
};

const HOUR_MS = 3_600_000;

/** Breaks, waits, mends; over when `mend` begins, so that what starting takes counts. */
const whole = async (lastsMs: number, breaks: () => unknown, mend: () => unknown): Promise<Window> => {
  const from = now();
  await breaks();
  await sleep(lastsMs);
  const to = now();
  await mend();
  return { from, to, screens: null };
};

const signalled = (processId: number | undefined, signal: 'SIGSTOP' | 'SIGCONT'): void => {
  if (processId !== undefined) process.kill(processId, signal);
};

/** Some of the cables to the add-ons, and who hangs on them. */
const someCables = ({ feedCables }: World, random: Random) => {
  const chosen = feedCables.filter(() => random.chance(0.5));
  return chosen.length > 0 ? chosen : [random.pick(feedCables)];
};
const onCables = (cables: World['feedCables']): ReadonlySet<string> =>
  new Set(cables.flatMap(({ screens }) => [...screens]));

export const FAULTS: readonly FaultKind[] = [
  {
    kind: 'relay killed',
    share: 2,
    shortest: 50,
    longest: 8_000,
    hides: 'pbx',
    isPartial: false,
    run: (world, lastsMs) => whole(lastsMs, () => killRelay(world.relay()), world.startsRelay),
  },
  {
    kind: 'relay restarted',
    share: 1,
    shortest: 50,
    longest: 4_000,
    hides: 'pbx',
    isPartial: false,
    run: (world, lastsMs) => whole(lastsMs, () => world.relay().stop(), world.startsRelay),
  },
  {
    kind: 'relay frozen',
    share: 2,
    shortest: 200,
    longest: 15_000,
    hides: 'pbx',
    isPartial: false,
    run: (world, lastsMs) => {
      const { pid } = world.relay().child;
      return whole(
        lastsMs,
        () => signalled(pid, 'SIGSTOP'),
        () => signalled(pid, 'SIGCONT'),
      );
    },
  },
  {
    kind: 'Asterisk killed',
    share: 2,
    shortest: 200,
    longest: 6_000,
    hides: 'pbx',
    isPartial: false,
    run: async (world, lastsMs) => {
      const window = await whole(lastsMs, world.losesPbx, world.regainsPbx);
      return { ...window, to: now() }; // it loads for seconds, and is down until then
    },
  },
  {
    kind: 'Asterisk frozen',
    share: 2,
    shortest: 200,
    longest: 12_000,
    hides: 'pbx',
    isPartial: false,
    run: (world, lastsMs) => {
      const { processId } = world.office.asterisk;
      return whole(
        lastsMs,
        () => signalled(processId, 'SIGSTOP'),
        () => signalled(processId, 'SIGCONT'),
      );
    },
  },
  {
    kind: 'Asterisk reloaded',
    share: 1,
    shortest: 0,
    longest: 0,
    hides: null,
    isPartial: false,
    run: async (world) => {
      await world.office.operator.ask({ Action: 'Reload' });
      return null;
    },
  },
  {
    kind: 'AMI reset',
    share: 2,
    shortest: 0,
    longest: 0,
    hides: 'pbx',
    isPartial: false,
    run: (world) =>
      whole(
        0,
        () => world.amiCable.reset(),
        () => undefined,
      ),
  },
  {
    kind: 'AMI black-holed',
    share: 2,
    shortest: 500,
    longest: 20_000,
    hides: 'pbx',
    isPartial: false,
    run: (world, lastsMs) =>
      whole(
        lastsMs,
        () => world.amiCable.hold(true),
        () => world.amiCable.hold(false),
      ),
  },
  {
    kind: 'AMI sliced and delayed',
    share: 1,
    shortest: 2_000,
    longest: 8_000,
    hides: 'pbx',
    isPartial: false,
    run: (world, lastsMs) =>
      whole(
        lastsMs,
        () => world.amiCable.slice(true),
        () => world.amiCable.slice(false),
      ),
  },
  {
    kind: 'disk full',
    share: 1,
    shortest: 2_000,
    longest: 10_000,
    hides: 'journal',
    isPartial: false,
    leftOut: ({ hasOwnDisk }) => (hasOwnDisk ? null : 'a disk of its own can only be mounted by root'),
    run: (world, lastsMs) => {
      const filler = join(world.dataFolder, 'filler');
      return whole(
        lastsMs,
        () => writeFile(filler, Buffer.alloc(64 << 20)).catch(() => undefined), // until there is no room
        () => rm(filler, { force: true }),
      );
    },
  },
  {
    kind: 'relay’s clock set',
    share: 1,
    shortest: 0,
    longest: 0,
    hides: null,
    isPartial: false,
    run: async (world, _, random) => {
      await world.setsRelayClock(random.pick([-24, -1, 0, 1, 24]) * HOUR_MS);
      return null;
    },
  },
  {
    kind: 'add-ons reset',
    share: 3,
    shortest: 0,
    longest: 0,
    hides: null,
    isPartial: true,
    run: async (world, _, random) => {
      const cables = someCables(world, random);
      const window = await whole(
        0,
        () => cables.forEach(({ cable }) => cable.reset()),
        () => undefined,
      );
      return { ...window, screens: onCables(cables) };
    },
  },
  {
    kind: 'add-ons black-holed',
    share: 2,
    shortest: 500,
    longest: 60_000,
    hides: null,
    isPartial: true,
    run: async (world, lastsMs, random) => {
      const cables = someCables(world, random);
      const hold = (isHeld: boolean) => cables.forEach(({ cable }) => cable.hold(isHeld));
      const window = await whole(
        lastsMs,
        () => hold(true),
        () => hold(false),
      );
      return { ...window, screens: onCables(cables) };
    },
  },
  {
    kind: 'add-ons sliced and delayed',
    share: 1,
    shortest: 2_000,
    longest: 8_000,
    hides: null,
    isPartial: true,
    run: async (world, lastsMs, random) => {
      const cables = someCables(world, random);
      const slice = (isSliced: boolean) => cables.forEach(({ cable }) => cable.slice(isSliced));
      const window = await whole(
        lastsMs,
        () => slice(true),
        () => slice(false),
      );
      return { ...window, screens: onCables(cables) };
    },
  },
  {
    kind: 'workers killed',
    share: 3,
    shortest: 0,
    longest: 30_000,
    hides: null,
    isPartial: true,
    run: async (world, lastsMs, random) => {
      const screens = world.screens.filter(() => random.chance(0.1));
      const window = await whole(
        lastsMs,
        () => screens.forEach((screen) => screen.kill()),
        () => Promise.all(screens.map((screen) => screen.wake())),
      );
      return { ...window, screens: new Set(screens.map(({ name }) => name)) };
    },
  },
  {
    kind: 'computers’ clocks set',
    share: 1,
    shortest: 0,
    longest: 0,
    hides: null,
    isPartial: true,
    run: async (world, _, random) => {
      const screens = world.screens.filter(() => random.chance(0.2));
      const jump = () =>
        screens.forEach((screen) => screen.setClock(random.pick([-24, -1, 0, 1, 24]) * HOUR_MS));
      const window = await whole(0, jump, () => undefined);
      return { ...window, screens: new Set(screens.map(({ name }) => name)) };
    },
  },
];
