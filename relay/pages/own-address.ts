// Under which address the visitor has reached the relay, and whether a form comes from a page of that address. Pure; called
// by `pages/answer.ts`. Whatever a header claims here is only told to who sent it, so a lie harms the liar alone.
import type { Visit } from './visit.ts';

/** A name, an IPv4 address or an IPv6 one in brackets, and a port [RFC 3986 3.2.2]; no other text gets onto a page. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::\d{1,5})?$/i;

/** Behind a proxy it is the proxy that says so. */
export const isSecure = ({ isTls, headers }: Pick<Visit, 'isTls' | 'headers'>): boolean =>
  isTls || /^\s*https\s*(?:,|$)/i.test(String(headers['x-forwarded-proto'] ?? ''));

type Named = { publicUrl: string | null; basePath: string };

/** What staff enter in the add-on: as IT has named it, else as this visitor came; null: that is no address. */
export function addressFor(
  visit: Pick<Visit, 'isTls' | 'headers'>,
  { publicUrl, basePath }: Named,
): string | null {
  if (publicUrl !== null) return publicUrl.replace(/\/+$/, '');
  const host = visit.headers.host ?? '';
  return HOST.test(host) ? `${isSecure(visit) ? 'https' : 'http'}://${host.toLowerCase()}${basePath}` : null;
}

/**
 * Whether a form was sent by a page of our own [Fetch Metadata; RFC 6454 7]. Browsers tell the first over TLS and on the own
 * machine, the second with every form; who tells neither is a program, which no stranger's page can direct.
 */
export function isFromOwnPage({ headers }: Pick<Visit, 'headers'>, publicUrl: string | null): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  if (origin === undefined) return true;
  const { host = '', origin: whole } = URL.parse(origin) ?? {};
  if (publicUrl !== null && URL.parse(publicUrl)?.origin === whole) return true;
  return host !== '' && host === (URL.parse(`http://${headers.host ?? ''}`)?.host ?? null);
}
