// Which addresses a click may open. Pure; the relay allows the schemes that IT lists, the add-on refuses what a browser
// would run, read from its disk or show of itself, whatever the relay says.

/** `https:`, and a program's own as `callto:` or `e1c:` [RFC 3986 3.1]. */
const SCHEME = /^([a-z][a-z0-9+.-]{0,31}):(?=.)/i;
const NEVER =
  /^(?:javascript|vbscript|livescript|mocha|data|file|blob|filesystem|about|view-source|jar|resource|chrome|chrome-[a-z-]+|devtools|edge|brave|opera|vivaldi|moz-[a-z-]+|[a-z-]+-extension)$/;
export const WEB_SCHEMES = ['http', 'https'] as const;

/** In small letters; null: the text is no absolute address. */
export const schemeOf = (address: string): string | null => SCHEME.exec(address)?.[1]?.toLowerCase() ?? null;

export const isNeverOpened = (scheme: string): boolean => NEVER.test(scheme.toLowerCase());

/** Whether a browser may be told to open it at all. */
export function mayBeOpened(address: string): boolean {
  const scheme = schemeOf(address);
  if (scheme === null || isNeverOpened(scheme) || /\p{Cc}/u.test(address)) return false;
  return isWebAddress(address) || (scheme !== 'http' && scheme !== 'https');
}

/** Whether a page of the web, which has a tab of its own. */
export const isWebAddress = (address: string): boolean => /^https?:\/\//i.test(address);
