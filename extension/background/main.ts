// The add-on's background: gives the core (core.ts) this browser. Shell. The browser may end it at any moment and start
// it again for an event. So every listener is added in the first turn, and every event waits for the state that is read
// from storage.
import browser from 'webextension-polyfill';
import { onRequest } from '../messages.ts';
import { say } from '../say.ts';
import {
  onSettingsChanged,
  readKnownDevices,
  readPolicy,
  readPositions,
  readSettings,
  readState,
  readTokens,
  readUsedInvitations,
  writeKnownDevices,
  writePositions,
  writeSettings,
  writeState,
  writeTokens,
  writeUsedInvitations,
} from '../storage.ts';
import { nameOf } from './browser-name.ts';
import { testConnection } from './connection-test.ts';
import { createCore } from './core.ts';
import { clear, onClicked, onDismissed, onPressed, show, update } from './notifier.ts';
import { openSocket, probe } from './socket.ts';
import { onTabEvent, openCard, openDevices, openProgram } from './tabs.ts';
import { paint } from './toolbar.ts';

const ALARM = 'net';
const ALARM_MINUTES = 0.5;
/** Measured in Chromium: 2.4 s; then it connects, and learns whether it must be paired. */
const POLICY_COMES_WITHIN_MS = 8_000;

const core = createCore({
  now: Date.now,
  random: Math.random,
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
  readPolicy,
  readUsedInvitations,
  writeUsedInvitations,
  readSettings,
  writeSettings,
  readTokens,
  writeTokens,
  readKnownDevices,
  writeKnownDevices,
  readState,
  writeState,
  readPositions,
  writePositions,
  probe,
  openSocket,
  testConnection,
  // Asking the browser something is what keeps Firefox from putting the background to sleep.
  stayAwake: () => void browser.runtime.getPlatformInfo(),
  show,
  update,
  clear,
  paint,
  openCard,
  openDevices,
  browserName: () => nameOf(navigator),
  openProgram,
  reload: () => browser.runtime.reload(),
  say,
});
const ready = core.start();
const whenReady =
  <A extends unknown[]>(handle: (...event: A) => void) =>
  (...event: A): void => {
    void ready.then(() => {
      handle(...event);
    });
  };

browser.alarms.onAlarm.addListener(whenReady(core.tick));
browser.runtime.onStartup.addListener(whenReady(core.tick));
browser.runtime.onInstalled.addListener(
  whenReady(({ reason }) => {
    if (reason === 'install') void welcome();
  }),
);
// Left alone, a browser begins a new version only where the background sleeps, and ours does not.
browser.runtime.onUpdateAvailable.addListener(whenReady(core.updateAvailable));
onClicked(whenReady(core.clicked));
onPressed(whenReady(core.pressed));
onDismissed(whenReady(core.dismissed));
onTabEvent(whenReady(core.tabChanged));
onSettingsChanged(whenReady(core.settingsChanged));
onRequest((request) => ready.then(() => core.answer(request)));
void keepAlarm();

/** Where IT has installed it, its policy may come seconds later, and may leave nothing for a person to do. */
async function welcome(): Promise<void> {
  const { installType } = await browser.management.getSelf();
  if (installType === 'admin') await new Promise((resolve) => setTimeout(resolve, POLICY_COMES_WITHIN_MS));
  if (core.needsPerson()) await browser.runtime.openOptionsPage();
}

/** Firefox forgets alarms with the background; creating one anew would put off one that runs. */
async function keepAlarm(): Promise<void> {
  const alarm = (await browser.alarms.get(ALARM)) as unknown;
  if (alarm === undefined || alarm === null)
    await browser.alarms.create(ALARM, { periodInMinutes: ALARM_MINUTES });
}
