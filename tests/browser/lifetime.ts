// `npm run test:lifetime -- --minutes N`: how long the add-on's background lives while nothing but pings comes. Both
// browsers are set up by a driver once, then started plainly, left alone, and at the end 101 is called. What may be
// said of their lives is seen from outside: how many connections each made, and when its notification came.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { Passage } from '../relay/passage.ts';
import { openPassage } from '../relay/passage.ts';
import type { Desktop } from './desktop.ts';
import { startPlainly } from './plainly.ts';
import { makeProfile } from './profile.ts';
import type { Company } from './scene.ts';
import { BROWSERS, OPENERS, openCompany } from './scene.ts';

const DEFAULT_MINUTES = 15;
const SHOWN_WITHIN_MS = 1_000;
const CONNECTS_WITHIN_MS = 30_000;
const CLIENTS = 'id;name;numbers\n17;Anna Petrova;+7 916 123-45-67\n';

type Sitter = { name: (typeof BROWSERS)[number]; desktop: Desktop; passage: Passage; before: number };

export async function runLifetime(parameters: string[], print: (text: string) => void): Promise<number> {
  const { values } = parseArgs({ args: parameters, options: { minutes: { type: 'string' } } });
  const minutes = Number(values.minutes ?? DEFAULT_MINUTES);
  if (!(minutes > 0 && minutes <= 24 * 60)) {
    print('--minutes takes a number from 0 to 1440');
    return 64;
  }
  await using opened = new AsyncDisposableStack();
  const company = opened.use(await openCompany({ clients: CLIENTS, progress: print }));
  const relay = opened.use(await company.startRelay());
  const sitters: Sitter[] = [];
  for (const name of BROWSERS) sitters.push(await sitDown(name, company, relay.port, opened));

  print(`${new Date().toISOString()} both are connected; ${minutes} minutes with nothing but pings begin`);
  await sleep(minutes * 60_000);
  const phone = company.office.phone('101');
  await phone.registers(); // it was for an hour
  await company.office.client({ number: '+79161234567', name: 'MOBILE' }).calls(phone);
  const call = await phone.rings();
  const lives = await Promise.all(
    sitters.map(async ({ name, desktop, passage, before }) => {
      // One that had died is woken by its alarm: how late that is, is worth knowing.
      const shown = await desktop.shows({ title: 'Anna Petrova' }, CONNECTS_WITHIN_MS + 10_000);
      const connections = passage.feeds.length - before;
      const ms = shown.arrivedAt - call.startedAt;
      const isSame = connections === 1 && passage.feeds.at(-1)?.closedAt === null;
      print(
        `${name}: idle for ${minutes} min; ${isSame ? 'one connection all the time' : `${connections} connections: ${JSON.stringify(passage.feeds.slice(before))}`}; ` +
          `the phone's INVITE to the notification ${ms.toFixed(0)} ms`,
      );
      return isSame && ms < SHOWN_WITHIN_MS;
    }),
  );
  return lives.every(Boolean) ? 0 : 1;
}

/** At a place of work with a browser that was set up by hand, closed, and opened again. */
async function sitDown(
  name: Sitter['name'],
  company: Company,
  port: number,
  opened: AsyncDisposableStack,
): Promise<Sitter> {
  const seat = await company.seat();
  const { desktop } = seat;
  const passage = opened.use(await openPassage(port));
  const profile = opened.adopt(await makeProfile(), (made) => made.remove());
  const options = { addOn: await seat.addOn(name), desktop, language: 'en', profile } as const;
  const driven = await OPENERS[name](options);
  try {
    const page = await driven.open('options');
    await page.fill('Relay address', passage.address);
    await page.fill('Your extension', '101');
    await page.press('Save');
    await page.reads('Saved.');
    await passage.isVisited(1);
  } finally {
    await driven.close();
  }
  const before = passage.feeds.length;
  opened.adopt(startPlainly(name, options), (browser) => browser.close());
  await passage.isVisited(before + 1, CONNECTS_WITHIN_MS);
  return { name, desktop, passage, before };
}
