// An address book on a CardDAV server, read as a whole: the list of its cards, then the cards themselves, some hundreds in
// one request [RFC 6352 8.7 addressbook-multiget, RFC 4918 9.1 PROPFIND]. Also a file of vCards. Called by `open-source.ts`.
import { readFile } from 'node:fs/promises';
import { SaxesParser } from 'saxes';
import type { Puller } from './asker.ts';
import { SourceFault } from './fault.ts';
import { request } from './http-request.ts';
import { cardsIn, readCard } from './vcard.ts';

const CARDS_A_REQUEST = 200;
const MAX_CARDS = 100_000;
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const CARDS_A_BATCH = 500;

export type BookAccess = { url: string; user: string | null; secret: string | null };

export const pullVcards = (path: string): Puller =>
  async function* (signal) {
    let batch: unknown[] = [];
    for (const card of cardsIn(await readFile(path, { encoding: 'utf8', signal }))) {
      batch.push(readCard(card));
      if (batch.length < CARDS_A_BATCH) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  };

export const pullCarddav = ({ url, user, secret }: BookAccess): Puller =>
  async function* (signal) {
    const basic = Buffer.from(`${user ?? ''}:${secret ?? ''}`).toString('base64');
    const ask = (method: string, depth: string, body: string): Promise<string> =>
      request(
        url,
        {
          method,
          headers: [
            ['Content-Type', 'application/xml; charset=utf-8'],
            ['Depth', depth],
            ...(user === null ? [] : [['Authorization', `Basic ${basic}`] as const]),
          ],
          body,
        },
        signal,
        MAX_LIST_BYTES,
      );
    const list = await ask(
      'PROPFIND',
      '1',
      `${XML}<propfind xmlns="DAV:"><prop><getetag/></prop></propfind>`,
    );
    const own = new URL(url).pathname.replace(/\/*$/, '');
    const cards = responsesIn(list)
      .map(({ href }) => href)
      .filter((href) => pathOf(href, url).replace(/\/*$/, '') !== own);
    if (cards.length > MAX_CARDS)
      throw new SourceFault('directory.too-large', `the address book has more than ${MAX_CARDS} cards`);
    for (let at = 0; at < cards.length; at += CARDS_A_REQUEST) {
      const hrefs = cards
        .slice(at, at + CARDS_A_REQUEST)
        .map((href) => `<d:href>${escapeXml(href)}</d:href>`);
      const reply = await ask('REPORT', '1', multiget(hrefs.join('')));
      yield responsesIn(reply).flatMap(({ card }) => [...cardsIn(card)].map(readCard));
    }
  };

const XML = '<?xml version="1.0" encoding="utf-8"?>';
const multiget = (hrefs: string): string =>
  `${XML}<addressbook-multiget xmlns:d="DAV:" xmlns="urn:ietf:params:xml:ns:carddav">` +
  `<d:prop><address-data/></d:prop>${hrefs}</addressbook-multiget>`;

/** Within the server of the address book, whatever an answer says. */
const pathOf = (href: string, base: string): string =>
  URL.canParse(href, base) ? new URL(href, base).pathname : href;

const escapeXml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** [RFC 4918 14.16 multistatus] */
function responsesIn(xml: string): { href: string; card: string }[] {
  const responses: { href: string; card: string }[] = [];
  const parser = new SaxesParser({ xmlns: true });
  let text = '';
  let last = { href: '', card: '' };
  parser.on('opentag', ({ local }) => {
    text = '';
    if (local === 'response') last = { href: '', card: '' };
  });
  parser.on('text', (part) => void (text += part));
  parser.on('cdata', (part) => void (text += part));
  parser.on('closetag', ({ local }) => {
    if (local === 'href' && last.href === '') last.href = text.trim();
    if (local === 'address-data') last.card = text;
    if (local === 'response' && last.href !== '') responses.push(last);
  });
  parser.on('error', () => {
    throw new SourceFault('directory.bad-answer', 'the answer is not XML');
  });
  parser.write(xml).close();
  return responses;
}
