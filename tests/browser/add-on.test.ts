// The whole way of a call, as staff see it: a client dials, Asterisk rings 101, and the built add-on in a real browser
// says who it is. One story, told once and lived through in each browser; notifications are witnessed at D-Bus.
// RINGCUE_PICTURES: a folder for pictures of the add-on's pages.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Call } from '../../shared/protocol.ts';
import type { Client } from '../lab/person.ts';
import type { AddOnPage, Browser, BrowserTab, Language, PageName } from './browser.ts';
import type { Desktop, Notification } from './desktop.ts';
import type { Scene } from './scene.ts';
import { watch } from '../relay/watcher.ts';
import { BROWSERS, openScene } from './scene.ts';
import { until } from './wait.ts';

const ANNA = { number: '+79161234567', name: 'Anna Petrova', display: '+7 916 123 45 67' };
/** Names are strangers' text: what looks like markup is shown as it is. */
const IVAN = { number: '+79261112233', name: 'Ivan <b>Orlov</b> & Co' };
const STRANGER = { number: '+74957654321', display: '+7 495 765 43 21' };
const CLIENTS = `id;name;numbers
17;${ANNA.name};8 (916) 123-45-67
18;${IVAN.name};+7 926 111-22-33
`;
const MISSED_STRANGER = [`rings: ${STRANGER.display}`, `missed: ${STRANGER.display}`];
const RINGS = /incoming call/i;
const MISSED = /missed at/i;
const TAB_MS = 5_000;
const STORY_MS = 120_000;
/** After a fault the relay and the add-on come back by themselves, with pauses that grow. */
const RECOVERY_MS = 20_000;

for (const browser of BROWSERS) {
  test(`in ${browser}, staff see who calls before they lift the receiver`, { timeout: STORY_MS }, (t) =>
    live(t, browser, 'en', tellInEnglish),
  );
  test(`in ${browser}, all of it speaks Russian`, { timeout: STORY_MS }, (t) =>
    live(t, browser, 'ru', tellInRussian),
  );
}

type Step = (sentence: string, body: () => Promise<void>) => Promise<void>;
type Story = (scene: Scene, step: Step, t: TestContext) => Promise<void>;

/** Each step finds the world as the one before it left it, so after a failure the rest is not tried. */
async function live(
  t: TestContext,
  browser: Browser['name'],
  language: Language,
  story: Story,
): Promise<void> {
  const progress = (line: string) => t.diagnostic(line);
  await using scene = await openScene({ browser, language, clients: CLIENTS, progress });
  let hasFailed = false;
  const step: Step = (sentence, body) =>
    t.test(sentence, { skip: hasFailed && 'an earlier step failed' }, async () => {
      try {
        await body();
      } catch (error) {
        hasFailed = true;
        t.diagnostic(`The relay wrote:\n${scene.relay.log.map((line) => JSON.stringify(line)).join('\n')}`);
        throw error;
      }
    });
  await story(scene, step, t);
}

const tellInEnglish: Story = async (scene, step, t) => {
  const { desktop, office, relay, crm, browser } = scene;
  const [anna, ivan, stranger, hidden] = [
    office.client(ANNA),
    office.client(IVAN),
    office.client(STRANGER),
    office.client({ number: null }),
  ];
  const phone = office.phone('101');
  /** 101 is called, nobody lifts, and its owner has seen both notifications. */
  const missesACall = async (client: Client) => {
    await client.calls(phone);
    const shown = await desktop.shows({ text: RINGS });
    await client.hangsUp();
    desktop.dismiss((await desktop.shows({ title: shown.title, text: MISSED })).id);
  };

  await step(
    'whoever has just installed it sees the settings, and the popup says what is missing',
    async () => {
      await isInFront(browser, /-extension:.*\/options\.html$/);
      const popup = await browser.open('popup');
      await popup.reads('Not set up yet');
      await popup.close();
    },
  );

  await step('the settings are tested, saved and used', async () => {
    const options = await browser.open('options');
    await options.fill('Relay address', relay.address);
    await options.fill('Your extension', '101');
    await options.press('Test connection');
    await options.reads('Connected. Calls to 101 will be shown here.');
    await options.reads('trial mode');
    await isAccessible(options, 'options', 'en', browser.name);
    await options.press('Save');
    await options.reads('Saved.');
    await options.close();

    const popup = await browser.open('popup');
    await popup.reads(/Connected\s+Calls to 101 are shown\./);
    await popup.reads('No call at the moment');
    await popup.close();
  });

  await step('a client’s call shows the name, the number and a picture while the phone rings', async () => {
    await anna.calls(phone);
    const call = await phone.rings();
    const shown = await desktop.shows({ title: ANNA.name });
    t.diagnostic(`phone's INVITE to notification: ${(shown.arrivedAt - call.startedAt).toFixed(0)} ms`);
    assert.match(shown.text, /^\+7 916 123 45 67.*incoming call/i);
    hasPicture(shown);

    const popup = await browser.open('popup');
    await popup.reads(/Calls now\s+Anna Petrova\s+\+7 916 123 45 67 · ringing since \d\d:\d\d/);
    await isAccessible(popup, 'popup', 'en', browser.name);
    await popup.close();
  });

  await step('a click opens the client’s card', async () => {
    desktop.click((await desktop.shows({ title: ANNA.name })).id);
    await crm.opens('/clients/17');
    await isInFront(browser, `${crm.url}/clients/17`);
  });

  await step('when the caller gives up, the call turns into a missed one with its time', async () => {
    const before = clock();
    await anna.hangsUp();
    const missed = await desktop.shows({ title: ANNA.name, text: MISSED });
    const time = /missed at (\d\d:\d\d)/i.exec(missed.text)?.[1];
    assert.ok(time === before || time === clock(), `"${missed.text}" at ${clock()}`);
    desktop.dismiss(missed.id);
  });

  await step('the same client’s next call leads back to the tab that is open already', async () => {
    const popup = await browser.open('popup'); // another tab is in front
    await anna.calls(phone);
    const shown = await desktop.shows({ title: ANNA.name, text: RINGS });
    desktop.click(shown.id);
    await isInFront(browser, `${crm.url}/clients/17`);
    assert.equal((await browser.tabs()).filter(({ url }) => url === `${crm.url}/clients/17`).length, 1);
    await popup.close();
    await anna.hangsUp();
    desktop.dismiss((await desktop.shows({ text: MISSED })).id);
  });

  await step('when the receiver is lifted, the notification goes, and nothing is called missed', async () => {
    const shownSince = record(desktop);
    await ivan.calls(phone);
    const shown = await desktop.shows({ title: IVAN.name });
    await phone.answers();
    await desktop.clears(shown.id);
    await ivan.hangsUp();
    await missesACall(stranger); // comes by the same way afterwards, and must be shown
    assert.deepEqual(shownSince(), [`rings: ${IVAN.name}`, ...MISSED_STRANGER]);
  });

  await step('a missed call that is seen on one device is seen on the others', async () => {
    await using home = await watch(relay.feedUrl, '101');
    const misses = async (): Promise<{ notification: number; callId: string }> => {
      const before = home.told.map(({ call }) => call.id);
      await anna.calls(phone);
      await desktop.shows({ title: ANNA.name, text: RINGS });
      await anna.hangsUp();
      const { id } = await desktop.shows({ title: ANNA.name, text: MISSED });
      const isNew = (call: Call): boolean => call.endReason === 'missed' && !before.includes(call.id);
      const { call } = await home.isTold(isNew, 'the missed call');
      return { notification: id, callId: call.id };
    };
    const first = await misses();
    home.sees(first.callId);
    await desktop.clears(first.notification);
    const second = await misses();
    desktop.dismiss(second.notification);
    await until(
      TAB_MS,
      () => `that ${second.callId} was seen; messages: ${JSON.stringify(home.messages)}`,
      () =>
        home.messages.some((message) => message.type === 'seen' && message.callIds.includes(second.callId)) ||
        undefined,
    );
  });

  await step('a client whom a colleague passes on is shown while the phone is at the ear', async () => {
    const colleague = office.phone('102');
    await anna.calls(colleague);
    const first = await colleague.answers();
    await colleague.hears();
    await colleague.holds(first);
    const second = await colleague.dials('101');
    const ring = await desktop.shows({ text: /internal call/i });
    await phone.answers();
    await desktop.clears(ring.id);
    await colleague.isAnswered();
    await colleague.connects(first, second);
    const shown = await desktop.shows({ title: ANNA.name, text: /on the line now/i });
    assert.match(shown.text, /transferred by 102/);
    desktop.click(shown.id);
    await isInFront(browser, `${crm.url}/clients/17`);
    await anna.hangsUp();
    await phone.isFree();
  });

  await step('calls to somebody else’s phone show nothing', async () => {
    const shownSince = record(desktop);
    await anna.calls(office.phone('102'));
    await office.phone('102').rings();
    await anna.hangsUp();
    await office.phone('102').isFree();
    await missesACall(stranger);
    assert.deepEqual(shownSince(), MISSED_STRANGER);
  });

  await step('an unknown number is shown as people write it, and a click looks for it', async () => {
    await stranger.calls(phone);
    const shown = await desktop.shows({ title: STRANGER.display, text: RINGS });
    desktop.click(shown.id);
    await crm.opens(`/search?phone=${encodeURIComponent(STRANGER.number)}`);
    await stranger.hangsUp();
    desktop.dismiss((await desktop.shows({ text: MISSED })).id);
  });

  await step('a hidden number is said to be hidden', async () => {
    await hidden.calls(phone);
    const shown = await desktop.shows({ title: 'Hidden number', text: RINGS });
    await phone.declines();
    await desktop.clears(shown.id);
  });

  await step('a test notification can be asked for', async () => {
    const options = await browser.open('options');
    await options.press('Show a test notification');
    const shown = await desktop.shows({ title: 'Test notification' });
    hasPicture(shown);
    await options.reads('A notification was sent.');
    desktop.dismiss(shown.id);
    await options.close();
  });

  await step('what is not a relay is told from one', async () => {
    const options = await browser.open('options');
    assert.equal(await options.value('Your extension'), '101');
    await options.fill('Relay address', crm.url);
    await options.press('Test connection');
    await options.reads('Something answers at this address, but it is not Ringcue.');
    await options.close();
  });

  await step(
    'a phone system that is down is told from a relay that is, and afterwards calls are shown again',
    async () => {
      await office.losesPower();
      const popup = await browser.open('popup');
      await popup.reads('The phone system has not answered since', RECOVERY_MS);
      const options = await browser.open('options');
      await options.press('Test connection');
      await options.reads('The relay is well, but it has no connection to the phone system at the moment.');
      await office.regainsPower();
      await popup.reads('Calls to 101 are shown.', RECOVERY_MS);
      await anna.calls(phone);
      await desktop.shows({ title: ANNA.name, text: RINGS });
      await anna.hangsUp();
      desktop.dismiss((await desktop.shows({ title: ANNA.name, text: MISSED })).id);

      await relay.stop();
      await popup.reads('No connection', RECOVERY_MS);
      await options.press('Test connection');
      await options.reads('This address cannot be reached.');
    },
  );
};

const tellInRussian: Story = async ({ desktop, office, relay, browser }, step) => {
  const anna = office.client(ANNA);

  await step('the settings', async () => {
    const options = await browser.open('options');
    await options.fill('Адрес сервера Ringcue', relay.address);
    await options.fill('Ваш внутренний номер', '101');
    await options.press('Сохранить');
    await options.reads('Сохранено.');
    await options.press('Проверить связь');
    await options.reads('Связь есть. Звонки на 101 будут показаны здесь.');
    await isAccessible(options, 'options', 'ru', browser.name);
    await options.close();
  });

  await step('the popup and the notification', async () => {
    const popup = await browser.open('popup');
    await popup.reads('Звонки на 101 видны.');
    await anna.calls(office.phone('101'));
    await desktop.shows({ title: ANNA.name, text: /входящий звонок/i });
    await popup.reads(ANNA.display);
    await isAccessible(popup, 'popup', 'ru', browser.name);
    await anna.hangsUp();
    await desktop.shows({ title: ANNA.name, text: /пропущен в \d\d:\d\d/i });
  });
};

/** From now on: what was shown, in its order; the same thing told in other words counts once. */
function record(desktop: Desktop): () => string[] {
  const start = desktop.history.length;
  return () => {
    const told = desktop.history.slice(start).flatMap((one) => {
      if (one.what !== 'shown') return [];
      const { title, text } = one.notification;
      return [`${MISSED.test(text) ? 'missed' : RINGS.test(text) ? 'rings' : text}: ${title}`];
    });
    return [...new Set(told)];
  };
}

function hasPicture({ icon }: Notification): void {
  assert.ok(icon, 'the notification has no icon');
  assert.ok(icon.width >= 32 && icon.height >= 32, `the icon has ${icon.width} x ${icon.height} pixels`);
  assert.ok(new Set(icon.bytes).size > 4, 'the icon is of one colour');
}

/** axe-core finds nothing to object; the page is pictured where pictures are wanted. */
async function isAccessible(
  page: AddOnPage,
  name: PageName,
  language: Language,
  browser: string,
): Promise<void> {
  const folder = process.env['RINGCUE_PICTURES'];
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    await page.picture(join(folder, `${name}-${language}-${browser}.png`));
  }
  assert.deepEqual(await page.findings(), []);
}

async function isInFront(browser: Browser, wanted: string | RegExp): Promise<void> {
  let tabs: BrowserTab[] = [];
  const isWanted = ({ url, isInFront }: BrowserTab) =>
    isInFront && (typeof wanted === 'string' ? url === wanted : wanted.test(url));
  await until(
    TAB_MS,
    () => `${String(wanted)} in front; tabs: ${JSON.stringify(tabs)}`,
    async () => {
      tabs = await browser.tabs();
      return tabs.some(isWanted) || undefined;
    },
  );
}

/** The time of day as a person reads it now. */
const clock = (): string =>
  new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(Date.now());
