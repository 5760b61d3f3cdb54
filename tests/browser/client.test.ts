// What staff see of the client who calls: fields, VIP, your client, the company's own wording; and nobody of the black list.
// A client dials, Asterisk rings 101, and the built add-on in a real browser shows; notifications are witnessed at D-Bus.
// RINGCUE_PICTURES: a folder for pictures of the popup.
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import type { AddOnPage, Browser, Language } from './browser.ts';
import { BROWSERS, openScene } from './scene.ts';

const STORY_MS = 120_000;
const ANNA = { number: '+79161234567', name: 'Анна Петрова' };
const SPAMMER = { number: '+78005553535', name: 'Spammer' };
const SHARED = { number: '+74957770001' };
const CLIENTS = `id;name;numbers;manager;vip;blocked;Company;Debt;Open order;Since
17;${ANNA.name};8 (916) 123-45-67;101;yes;;ООО <b>Ромашка</b>;1 200 ₽;№ 17/2;2019
18;Пётр;+7 495 777-00-01;102;;;;;;
19;Ольга;+7 495 777-00-01 доб. 12;102;;;;;;
20;${SPAMMER.name};8 800 555-35-35;;;yes;;;;
`;
const SETTINGS = (crmUrl: string) => ({
  RINGCUE_DIRECTORY_FIELDS: 'Company,Debt,Open order,Since',
  RINGCUE_NOTIFICATION_TITLE: '{?vip:★ }{name}{?field.Company:, {field.Company}}',
  RINGCUE_IMAGE_URL: `${crmUrl}/photos/{id}`,
});

type Words = Readonly<
  Record<'address' | 'extension' | 'save' | 'saved' | 'marks' | 'blocked' | 'shared' | 'missed', string>
>;
const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    address: 'Relay address',
    extension: 'Your extension',
    save: 'Save',
    saved: 'Saved.',
    marks: 'VIP Your client',
    blocked: 'Black list',
    shared: '2 clients have this number, Пётр among them',
    missed: 'issed at',
  },
  ru: {
    address: 'Адрес сервера Ringcue',
    extension: 'Ваш внутренний номер',
    save: 'Сохранить',
    saved: 'Сохранено.',
    marks: 'VIP Ваш клиент',
    blocked: 'Чёрный список',
    shared: 'клиентов с этим номером: 2, один из них — Пётр',
    missed: 'ропущен в',
  },
};
const FIELDS = ['Company: ООО <b>Ромашка</b>', 'Debt: 1 200 ₽', 'Open order: № 17/2', 'Since: 2019'];

for (const browser of BROWSERS)
  for (const language of ['en', 'ru'] as const)
    test(`in ${browser}, staff see what is known of the client (${language})`, { timeout: STORY_MS }, (t) =>
      tell(t, browser, language),
    );

async function tell(t: TestContext, name: Browser['name'], language: Language): Promise<void> {
  const words = WORDS[language];
  await using scene = await openScene({
    browser: name,
    language,
    clients: CLIENTS,
    settings: SETTINGS,
    progress: (line) => t.diagnostic(line),
  });
  const { desktop, office, relay, crm, browser } = scene;
  const phone = office.phone('101');
  const [anna, spammer, shared] = [ANNA, SPAMMER, SHARED].map((one) => office.client(one));
  assert.ok(anna && spammer && shared);

  const options = await browser.open('options');
  await options.fill(words.address, relay.address);
  await options.fill(words.extension, '101');
  await options.press(words.save);
  await options.reads(words.saved);
  await options.close();
  const popup = await browser.open('popup');

  // The notification: IT's own title, two fields, the marks in words.
  await anna.calls(phone);
  const ring = await desktop.shows({ title: `★ ${ANNA.name}, ООО <b>Ромашка</b>` });
  const [, marks = '', fields = ''] = ring.text.split('\n');
  assert.equal(marks.toLowerCase(), words.marks.toLowerCase().replace('vip ', 'vip · '));
  assert.ok(fields.endsWith(` · ${FIELDS[0]} · ${FIELDS[1]}`), fields);

  // The popup: all fields, as text.
  const shown = await popup.reads(FIELDS[3] ?? '');
  for (const field of FIELDS) assert.ok(shown.includes(field), `${field} in ${shown}`);
  assert.ok(plain(shown).includes(`${ANNA.name} ${words.marks}`), shown);
  await crm.opens('/photos/17');
  await isAccessible(popup, `client-${language}-${name}`);
  await anna.hangsUp();
  desktop.dismiss((await desktop.shows({ title: ring.title, text: new RegExp(words.missed) })).id);

  // Several clients: none is named as the caller.
  await shared.calls(phone);
  const several = await desktop.shows({ text: new RegExp(words.shared) });
  assert.equal(several.title, '+7 495 777 00 01');
  await shared.hangsUp();
  desktop.dismiss((await desktop.shows({ title: several.title, text: new RegExp(words.missed) })).id);

  // The black list: the popup shows the call, no notification does; Anna's comes the same way afterwards and must.
  const before = desktop.history.length;
  await spammer.calls(phone);
  assert.ok(plain(await popup.reads(SPAMMER.name)).includes(`${SPAMMER.name} ${words.blocked}`));
  await isAccessible(popup, `black-list-${language}-${name}`);
  await spammer.hangsUp();
  await anna.calls(phone);
  await desktop.shows({ title: ring.title });
  const titles = desktop.history
    .slice(before)
    .flatMap((one) => (one.what === 'shown' ? [one.notification.title] : []));
  assert.deepEqual([...new Set(titles)], [ring.title]);
  await anna.hangsUp();
}

const plain = (text: string): string => text.replace(/\s+/g, ' ');

/** axe-core finds nothing to object; the page is pictured where pictures are wanted. */
async function isAccessible(page: AddOnPage, name: string): Promise<void> {
  const folder = process.env['RINGCUE_PICTURES'];
  if (folder !== undefined) {
    await mkdir(folder, { recursive: true });
    await page.picture(join(folder, `${name}.png`));
  }
  assert.deepEqual(await page.findings(), []);
}
