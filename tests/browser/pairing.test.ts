// Only the owner of a phone hears its calls, as staff live through it: in each browser from the options page over the code
// that is dialled on a real phone to the first notification; then two browsers that watch the same phone and each other.
// RINGCUE_PICTURES: a folder for pictures of the pages.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { Phone } from '../lab/person.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import type { AddOnPage, Browser, Language } from './browser.ts';
import type { Desktop, Notification } from './desktop.ts';
import { invite } from './invite.ts';
import { BROWSERS, OPENERS, openCompany } from './scene.ts';
import type { Company } from './scene.ts';
import { until } from './wait.ts';

const ANNA = { number: '+79161234567', name: 'Anna Petrova' };
const CLIENTS = `id;name;numbers\n17;${ANNA.name};8 (916) 123-45-67\n`;
const RINGS = /incoming call/i;
const LIMITS = { timeout: 170_000 };
const WAIT_MS = 10_000;

const WORDS = {
  en: {
    address: 'Relay address',
    extension: 'Your extension',
    save: 'Save',
    code: /On phone 101 dial\s+(\*77 \d{3} \d{3})/,
    nothingHappened: 'I dialled and nothing happened',
    paired: 'Paired. Calls to 101 are shown here from now on.',
    close: 'Close',
  },
  ru: {
    address: 'Адрес сервера Ringcue',
    extension: 'Ваш внутренний номер',
    save: 'Сохранить',
    code: /Наберите на телефоне 101\s+(\*77 \d{3} \d{3})/,
    nothingHappened: 'Я набрал(а), и ничего не произошло',
    paired: 'Готово, браузер привязан. Теперь звонки на 101 видны здесь.',
    close: 'Закрыть',
  },
} as const;

for (const name of BROWSERS) {
  test(`in ${name}, staff pair their browser by dialling a code, and then see who calls`, LIMITS, (t) =>
    live(t, [name], 'en', pairByDialling),
  );
}
test('in Russian, a browser is paired by dialling, too', LIMITS, (t) =>
  live(t, ['chromium'], 'ru', pairInRussian),
);
test('a colleague’s line that IT lets one watch is seen in the popup, and rings nobody', LIMITS, (t) =>
  live(t, ['chromium'], 'en', watchAColleague, { RINGCUE_WATCHERS: '101=102' }),
);
test('two browsers of one phone: an invitation, “was it you?”, and who is revoked sees it', LIMITS, (t) =>
  live(t, ['chromium', 'firefox'], 'en', watchEachOther),
);

type Seated = { browser: Browser; desktop: Desktop };
type Scene = { company: Company; office: Company['office']; relay: RelayProcess; seats: Seated[] };

/** A company whose relay asks for pairing, and these browsers, each at a desk of its own, the add-on just installed. */
async function live(
  t: TestContext,
  names: readonly Browser['name'][],
  language: Language,
  story: (scene: Scene) => Promise<void>,
  settings: Record<string, string> = {},
): Promise<void> {
  await using opened = new AsyncDisposableStack();
  const company = opened.use(await openCompany({ clients: CLIENTS, progress: (line) => t.diagnostic(line) }));
  const relay = opened.use(await company.startRelay({ RINGCUE_AUTH: 'pairing', ...settings }));
  const seats: Seated[] = [];
  for (const name of names) {
    const seat = await company.seat();
    const { desktop } = seat;
    const addOn = await seat.addOn(name);
    const browser = opened.adopt(await OPENERS[name]({ addOn, desktop, language }), (part) => part.close());
    seats.push({ browser, desktop });
  }
  try {
    await story({ company, office: company.office, relay, seats });
  } catch (error) {
    t.diagnostic(`The relay wrote:\n${relay.log.map((line) => JSON.stringify(line)).join('\n')}`);
    throw error;
  }
}

async function pairByDialling({ office, relay, seats }: Scene): Promise<void> {
  const { browser, desktop } = seats[0] ?? assert.fail();
  const { name } = browser;
  const anna = office.client(ANNA);
  const options = await browser.open('options');

  const code = await asksForCode(options, relay, 'en');
  await options.reads(/The code is valid for another [12]:\d\d/);
  await looksWell(options, `options-code-en-${name}`);
  await options.press(WORDS.en.nothingHappened);
  await options.reads('exten => _*77XXXXXX,1,NoOp()');
  await options.reads('Was it really phone 101');
  await looksWell(options, `options-it-en-${name}`);
  await dials(office.phone('101'), code);
  await options.reads(WORDS.en.paired);
  await options.reads(/101\s+Calls are shown\./);
  await options.reads(/on Linux\s+this browser · paired \d\d:\d\d/);
  await looksWell(options, `options-paired-en-${name}`);

  await anna.calls(office.phone('101'));
  const shown = await desktop.shows({ title: ANNA.name, text: RINGS });
  assert.doesNotMatch(shown.text, /Extension/);
  await anna.hangsUp();
  desktop.dismiss((await desktop.shows({ title: ANNA.name, text: /missed at/i })).id);

  // A second phone over the same connection.
  await options.fill('Another extension', '102');
  await options.press('Add');
  const [, second = ''] =
    /On phone 102 dial\s+(\*77 \d{3} \d{3})/.exec(await options.reads(/On phone 102 dial/)) ?? [];
  await dials(office.phone('102'), second);
  await options.reads('Paired. Calls to 102 are shown here from now on.');
  const popup = await browser.open('popup');
  await popup.reads('Calls to 101, 102 are shown.');
  await anna.calls(office.phone('102'));
  const other = await desktop.shows({ title: ANNA.name, text: RINGS });
  assert.match(other.text, /Extension 102/);
  await popup.reads(/Calls now\s+Extension 102\s+Anna Petrova/);
  await looksWell(popup, `popup-two-en-${name}`);
  await anna.hangsUp();

  // A name that no phone has ends none of the others.
  await options.fill('Another extension', 'nobody');
  await options.press('Add');
  await options.reads('The relay does not show the calls of extension nobody.');
  await popup.reads('Calls to 101, 102 are shown.');
  await options.press('Remove nobody');
  await until(WAIT_MS, 'the line to go', async () => !(await options.text()).includes('nobody') || undefined);
}

async function pairInRussian({ office, relay, seats }: Scene): Promise<void> {
  const { browser } = seats[0] ?? assert.fail();
  const options = await browser.open('options');
  const code = await asksForCode(options, relay, 'ru');
  await options.press(WORDS.ru.nothingHappened);
  await options.reads('exten => _*77XXXXXX,1,NoOp()');
  await looksWell(options, 'options-code-ru-chromium');
  await options.close(); // whoever has read the code needs the page no more
  const popup = await browser.open('popup');
  await popup.reads('Этот браузер не привязан к телефону 101');
  await looksWell(popup, 'popup-unpaired-ru-chromium');
  await dials(office.phone('101'), code);
  await popup.reads('Звонки на 101 видны.');
  const again = await browser.open('options');
  await again.reads(/101\s+Звонки видны\./);
  assert.doesNotMatch(await again.text(), /Привязка браузера/);
  await looksWell(again, 'options-paired-ru-chromium');

  const page = await browser.visit(`http://${relay.address}/pair#7K3M-AAAA-BBBB`);
  await page.reads(/Ваше приглашение[^]*7K3M-AAAA-BBBB/);
  await looksWell(page, 'invitation-ru-chromium');
  const broken = await browser.visit(`http://${relay.address}/pair#<b>`);
  await broken.reads('В этом адресе нет приглашения.');
}

async function watchAColleague({ office, relay, seats }: Scene): Promise<void> {
  const { browser, desktop } = seats[0] ?? assert.fail();
  const anna = office.client(ANNA);
  const options = await browser.open('options');
  await dials(office.phone('101'), await asksForCode(options, relay, 'en'));
  await options.reads(WORDS.en.paired);
  await options.fill('Another extension', '102');
  await options.press('Add');
  await options.reads('You watch this phone');
  await looksWell(options, 'options-watched-en-chromium');
  const popup = await browser.open('popup');
  await popup.reads('Calls to 101 are shown. You watch 102.');
  await anna.calls(office.phone('102'));
  await popup.reads(/Extension 102, which you watch\s+Anna Petrova/);
  await looksWell(popup, 'popup-watched-en-chromium');
  await anna.hangsUp();
  await anna.calls(office.phone('101')); // the sentinel
  await desktop.shows({ title: ANNA.name, text: RINGS });
  assert.equal(desktop.history.filter(({ what }) => what === 'shown').length, 1);
  await anna.hangsUp();
}

async function watchEachOther({ company, office, relay, seats }: Scene): Promise<void> {
  const [chromium, firefox] = seats;
  if (chromium === undefined || firefox === undefined) assert.fail();
  const phone = office.phone('101');
  const first = await chromium.browser.open('options');
  await dials(phone, await asksForCode(first, relay, 'en'));
  await first.reads(WORDS.en.paired);

  // The invitation's page shows it and takes it out of the address; the add-on is set up by the link alone.
  const { code, link } = await invite(company, relay, '101');
  for (const { browser } of seats) {
    const page = await browser.visit(link);
    await page.reads(code);
    assert.match(await page.text(), /I have an invitation/);
    assert.doesNotMatch(await page.text(), /приглашение/);
    await looksWell(page, `invitation-${browser.name}`);
    assert.ok((await browser.tabs()).every(({ url }) => !url.includes(code)));
    await page.close();
  }
  const second = await firefox.browser.open('options');
  await second.press('I have an invitation');
  await second.fill('Invitation', 'no-invitation-at-all');
  await second.fill('Relay address', relay.address);
  await second.press('Use the invitation');
  await second.reads('This invitation is not valid');
  await second.fill('Invitation', link);
  await looksWell(second, 'options-invitation-en-firefox');
  await second.press('Use the invitation');
  await second.reads(WORDS.en.paired);
  await until(
    WAIT_MS,
    'the form to know the extension of the invitation',
    async () => (await second.value(WORDS.en.extension)) === '101' || undefined,
  );

  // The other one is told, and revokes by the button.
  const notice = await wasItYou(chromium.desktop, /Firefox on Linux/);
  const revoke = notice.actions.find(({ label }) => label === 'Revoke');
  assert.ok(revoke, `no button to revoke: ${JSON.stringify(notice.actions)}`);
  chromium.desktop.click(notice.id, revoke.key);
  const popup = await firefox.browser.open('popup');
  await popup.reads('This browser’s pairing with phone 101 was revoked, so its calls are not shown.');
  await looksWell(popup, 'popup-revoked-en-firefox');
  await second.reads('Pair this browser again');
  await looksWell(second, 'options-revoked-en-firefox');

  // One button leads back.
  await second.press('Pair this browser again');
  await dials(phone, await readCode(second, 'en'));
  await second.reads(WORDS.en.paired);
  chromium.desktop.dismiss((await wasItYou(chromium.desktop, /Firefox on Linux/)).id);

  // From the list of the one, the other is revoked, and is paired again: in Firefox a click leads to the list.
  await second.press('Revoke Chromium on Linux');
  await second.reads('It will not see these calls any more.');
  await looksWell(second, 'options-revoke-en-firefox');
  await second.press('Yes, revoke');
  await first.press('Pair this browser again');
  await dials(phone, await readCode(first, 'en'));
  await first.reads(WORDS.en.paired);
  firefox.desktop.click((await wasItYou(firefox.desktop, /Chromium on Linux/)).id);
  await until(
    WAIT_MS,
    'the list of browsers in front',
    async () =>
      (await firefox.browser.tabs()).some(({ url, isInFront }) => isInFront && url.endsWith('#devices')) ||
      undefined,
  );

  // Both see a call, as both are paired.
  const anna = office.client(ANNA);
  await anna.calls(phone);
  for (const { desktop } of seats) await desktop.shows({ title: ANNA.name, text: RINGS });
  await anna.hangsUp();
}

/** Whoever has just installed it saves the settings; returns what is to be dialled. */
async function asksForCode(options: AddOnPage, relay: RelayProcess, language: Language): Promise<string> {
  const words = WORDS[language];
  await options.fill(words.address, relay.address);
  await options.fill(words.extension, '101');
  await options.press(words.save);
  return readCode(options, language);
}

async function readCode(options: AddOnPage, language: Language): Promise<string> {
  const { code } = WORDS[language];
  return code.exec(await options.reads(code))?.[1] ?? assert.fail();
}

/** As a person does who reads it off the screen. */
async function dials(phone: Phone, code: string): Promise<void> {
  await phone.dials(code.replaceAll(' ', ''));
}

const wasItYou = (desktop: Desktop, who: RegExp): Promise<Notification> =>
  desktop.shows(
    ({ title, text }) =>
      title === 'A new browser was paired with your extension 101' &&
      who.test(text) &&
      text.includes('Was it you?'),
  );

/** axe-core finds nothing to object; the page is pictured where pictures are wanted. */
async function looksWell(page: AddOnPage, name: string): Promise<void> {
  const folder = process.env['RINGCUE_PICTURES'];
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    await page.picture(join(folder, `${name}.png`));
  }
  assert.deepEqual(await page.findings(), []);
}
