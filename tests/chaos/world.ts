// All that a chaos run breaks: a real Asterisk 22 with phones, a real relay, cables between them, a hundred add-ons
// without a browser and one in a real one, and the witness that hears what the PBX says. Called by chaos.ts.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EXTENSIONS } from '../lab/configuration.ts';
import { openOffice, type Office } from '../lab/office.ts';
import { now } from '../lab/until.ts';
import { startRelay, type RelayProcess } from '../relay/relay-process.ts';
import { openBrowserScreen, type BrowserScreen } from './browser-screen.ts';
import type { Screen } from './facts.ts';
import { openCable, type Cable } from './proxy.ts';
import { createScreen, type HeadlessScreen } from './screen.ts';
import { createTruth, type Truth } from './truth.ts';

const FEED_CABLES = 4;
const CLOCK = new URL('./clock.ts', import.meta.url).href;
const DISK_MEGABYTES = 8;

export type World = AsyncDisposable & {
  readonly office: Office;
  readonly relay: () => RelayProcess;
  readonly truth: Truth;
  readonly amiCable: Cable;
  readonly feedCables: readonly { cable: Cable; screens: ReadonlySet<string> }[];
  readonly screens: readonly HeadlessScreen[];
  readonly browser: BrowserScreen | null;
  /** All of them, as the checker takes them. */
  readonly shown: () => Screen[];
  /** Where the journal lies; on a small disk of its own where the machine lets us make one. */
  readonly dataFolder: string;
  readonly hasOwnDisk: boolean;
  /** Starts another relay after the last has ended. Resolves when it listens. */
  startsRelay(): Promise<void>;
  setsRelayClock(wrongByMs: number): Promise<void>;
  /** Asterisk dies, and is started again. */
  losesPbx(): Promise<void>;
  regainsPbx(): Promise<void>;
};

export type WorldOptions = {
  random: () => number;
  screensEach: number;
  hasBrowser: boolean;
  say: (text: string) => void;
};

export async function openWorld({ random, screensEach, hasBrowser, say }: WorldOptions): Promise<World> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.adopt(await mkdtemp(join(tmpdir(), 'ringcue-chaos-')), (path) =>
    rm(path, { recursive: true, force: true }),
  );
  const hasOwnDisk = mountDisk(folder);
  if (hasOwnDisk)
    opened.defer(() => {
      execFileSync('umount', ['--lazy', folder]);
    });
  const clockFile = join(tmpdir(), `ringcue-chaos-clock-${process.pid}`);
  opened.adopt(clockFile, (path) => rm(path, { force: true }));
  const office = opened.use(
    await openOffice({ asterisk: '22', driver: 'pjsip', ringTimeoutSeconds: 14, progress: say }),
  );
  const truth = createTruth();
  // A call may come before all phones are back: the operator has heard it, so the witness must, too.
  const listen = () => office.operator.follow(({ at, fields }) => truth.hear(at, fields));
  listen();
  const { accounts, port: amiPort } = office.ami;
  const amiCable = opened.use(await openCable(random, amiPort));
  const start = () =>
    startRelay(
      { host: '127.0.0.1', port: amiCable.port, ...accounts.ringcue },
      {
        RINGCUE_DATA: folder,
        CHAOS_CLOCK: clockFile,
        NODE_OPTIONS: `--import ${CLOCK}`,
      },
    );
  let relay = await start();
  opened.defer(async () => {
    await relay.stop();
  });
  await relay.isReady();
  const cables: { cable: Cable; screens: Set<string> }[] = [];
  for (let n = 0; n < FEED_CABLES; n++)
    cables.push({ cable: opened.use(await openCable(random, relay.port)), screens: new Set() });

  const screens = EXTENSIONS.flatMap((extension) =>
    Array.from({ length: screensEach }, (_, n) => {
      const name = `${extension}-${n + 1}`;
      const { cable, screens: names } = cables[n % FEED_CABLES] as (typeof cables)[number];
      names.add(name);
      return opened.adopt(createScreen(name, extension, `ws://127.0.0.1:${cable.port}/feed`), (screen) =>
        screen.close(),
      );
    }),
  );
  await Promise.all(screens.map((screen) => screen.wake()));
  const [first] = cables;
  const browser =
    hasBrowser && first ? opened.use(await openBrowserScreen('101', first.cable.port, say)) : null;
  if (browser) first?.screens.add(browser.name);
  const all = opened.move();
  return {
    office,
    relay: () => relay,
    truth,
    amiCable,
    feedCables: cables,
    screens,
    browser,
    shown: () => (browser ? [...screens, browser] : screens),
    dataFolder: folder,
    hasOwnDisk,
    startsRelay: async () => {
      relay = await start();
      for (const { cable } of cables) cable.leadTo(relay.port);
    },
    setsRelayClock: async (wrongByMs) => {
      await writeFile(clockFile, String(wrongByMs));
      relay.child.kill('SIGUSR2');
    },
    losesPbx: async () => {
      await office.losesPower();
      truth.died(now()); // after its last words
    },
    regainsPbx: async () => {
      await office.regainsPower();
      listen();
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  };
}

/** Needs root; without it the disk is never full in this run, which the report says. */
function mountDisk(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MEGABYTES}m`, 'tmpfs', folder], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

/** Ends the relay without a word. */
export async function killRelay({ child }: RelayProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
