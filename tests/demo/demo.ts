// `npm run demo`: a real Asterisk, phones, the relay and a browser with the add-on; clients call, and each moment of the
// call is printed in milliseconds. Where there is a display the browser is to be seen and its notifications are the
// desktop's own; elsewhere it runs headless and each notification is caught at D-Bus. Ctrl-C leaves nothing running.
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildAddOn } from '../../extension/build.ts';
import { openChromium } from '../browser/chromium.ts';
import { openCrm } from '../browser/crm.ts';
import { openDesktop } from '../browser/desktop.ts';
import type { Desktop } from '../browser/desktop.ts';
import { startRelay } from '../relay/relay-process.ts';
import { watch } from '../relay/watcher.ts';
import { BROWSER_PACKAGES, preparePackages } from '../setup/packages.ts';
import { openStage } from './stage.ts';
import type { Act } from './stage.ts';
import { median, tellTimeline } from './timeline.ts';
import type { Moment } from './timeline.ts';

const CLIENTS = fileURLToPath(new URL('./clients.csv', import.meta.url));

export type DemoOptions = {
  say(text: string): void;
  /** Ends the demo in good order. */
  signal: AbortSignal;
  /** Goes on calling until it is ended. */
  isEndless: boolean;
};

/** Plays every act once, or on and on; resolves when all is put away. */
export async function runDemo({ say, signal, isEndless }: DemoOptions): Promise<void> {
  const progress = (text: string): void => say(`· ${text}`);
  const display = process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY'];
  const ownBus = process.env['DBUS_SESSION_BUS_ADDRESS'];
  const isVisible = display !== undefined && ownBus !== undefined;
  const isEnded = (): boolean => signal.aborted;
  await preparePackages(BROWSER_PACKAGES, progress);
  if (isEnded()) return;

  await using opened = new AsyncDisposableStack();
  const keep = <T extends { close(): Promise<unknown> }>(part: T): T =>
    opened.adopt(part, async (one) => {
      await one.close();
    });
  const stage = opened.use(await openStage(progress));
  if (isEnded()) return;
  const crm = keep(await openCrm());
  const relay = opened.use(
    await startRelay(stage.pbx, {
      RINGCUE_CLIENTS: CLIENTS,
      RINGCUE_CARD_URL: `${crm.url}/clients/{id}`,
      RINGCUE_UNKNOWN_URL: `${crm.url}/search?number={number}`,
    }),
  );
  await relay.isReady();
  progress(`The relay listens on ${relay.address} (open http://${relay.address}/ to look at it)`);

  if (isEnded()) return;
  const desktop = isVisible ? null : keep(await openDesktop());
  const busAddress = desktop?.busAddress ?? ownBus ?? '';
  const addOn = await buildAddOn('chromium');
  const browser = keep(
    await openChromium({ addOn, desktop: { busAddress }, language: 'en', isHeadless: !isVisible }),
  );
  const options = await browser.open('options');
  await options.fill('Relay address', relay.address);
  await options.fill('Your extension', '101');
  await options.press('Save');
  await options.reads('Saved.');
  const popup = await browser.open('popup');
  await popup.reads('Calls to 101 are shown.');
  await popup.close();
  progress(
    isVisible
      ? 'Chromium is open and watches extension 101: mind the corner of your screen'
      : 'No display: Chromium runs headless and watches extension 101; its notifications are caught at D-Bus',
  );

  const spans: number[] = [];
  for (let count = 0; !isEnded() && (isEndless || count < stage.acts.length); count += 1) {
    const act = stage.acts[count % stage.acts.length];
    if (!act) break;
    say(`\nCall ${count + 1}: ${act.title}`);
    spans.push(
      await playAct(act, { feedUrl: relay.feedUrl, desktop, say, ringMs: isVisible ? 5_000 : 1_000 }),
    );
    await sleep(isVisible ? 6_000 : 500, undefined, { signal }).catch(() => undefined); // ended: the loop sees it
  }
  if (spans.length > 0)
    say(
      `\n${spans.length} calls; from INVITE to ${desktop ? 'notification' : 'frame'}: median ${median(spans).toFixed(1)} ms`,
    );
}

type Audience = { feedUrl: string; desktop: Desktop | null; say(text: string): void; ringMs: number };

/** Plays one act and tells it; the milliseconds from the INVITE to the last moment of the ring. */
async function playAct(act: Act, { feedUrl, desktop, say, ringMs }: Audience): Promise<number> {
  await using watcher = await watch(feedUrl, '101');
  const before = new Set(desktop?.notifications.map(({ id }) => id));
  let spanMs = 0;
  await act.play(ringMs, async (seen) => {
    const moments: Moment[] = [...seen];
    const frame = await watcher.isTold(({ state }) => state === 'ringing', 'a ring');
    const { number, display, client } = frame.call.party;
    moments.push({
      what: `frame to the add-on: ${client?.name ?? (number === null ? 'hidden' : display)}`,
      at: frame.at,
    });
    if (desktop) {
      const shown = await desktop.shows(({ id }) => !before.has(id));
      moments.push({ what: `notification: «${shown.title}» ${oneLine(shown.text)}`, at: shown.arrivedAt });
    }
    say(tellTimeline(moments));
    const times = moments.map(({ at }) => at);
    spanMs = Math.max(...times) - Math.min(...times);
  });
  const { call } = await watcher.isTold(({ state }) => state === 'ended', 'its end');
  say(`             then: ${watcher.story()}`);
  if (desktop && call.endReason === 'missed') {
    const missed = await desktop.shows(({ text }) => /missed/i.test(text));
    say(`             notification: «${missed.title}» ${oneLine(missed.text)}`);
    desktop.dismiss(missed.id);
  }
  return spanMs;
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' · ');
