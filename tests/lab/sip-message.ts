// A SIP message as text and as a value, both ways. Pure; called by lab/sip.ts and its siblings. [RFC 3261 7, 20, 25]
// It reads what Asterisk sends (compact and folded headers, any case) and can write what no decent phone would (raw From headers),
// because callers' equipment does so too.

export type Header = readonly [name: string, value: string];

export interface SipRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly uri: string;
  readonly headers: readonly Header[];
  readonly body: string;
}

export interface SipResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: readonly Header[];
  readonly body: string;
}

export type SipMessage = SipRequest | SipResponse;

export const ALLOW: Header = ['Allow', 'INVITE, ACK, BYE, CANCEL, OPTIONS, NOTIFY, REFER, INFO, UPDATE'];

const COMPACT: Readonly<Record<string, string>> = {
  c: 'content-type',
  f: 'from',
  i: 'call-id',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  r: 'refer-to',
  t: 'to',
  v: 'via',
};

/** @returns null for what is no SIP message, a keep-alive for instance */
export function parseSip(text: string): SipMessage | null {
  const gap = /\r?\n\r?\n/.exec(text);
  const head = gap ? text.slice(0, gap.index) : text;
  const [first = '', ...lines] = head.replace(/\r?\n[ \t]+/g, ' ').split(/\r?\n/);
  const headers: Header[] = [];
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) return null;
    headers.push([line.slice(0, colon).trim(), line.slice(colon + 1).trim()]);
  }
  const body = gap ? text.slice(gap.index + gap[0].length) : '';
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/.exec(first);
  if (response)
    return { kind: 'response', status: Number(response[1]), reason: response[2] ?? '', headers, body };
  const request = /^([A-Z]+) (\S+) SIP\/2\.0$/.exec(first);
  if (!request) return null;
  return { kind: 'request', method: request[1] ?? '', uri: request[2] ?? '', headers, body };
}

/** The text to be sent; Content-Length is added. */
export function formatSip(message: SipMessage): string {
  const first =
    message.kind === 'request'
      ? `${message.method} ${message.uri} SIP/2.0`
      : `SIP/2.0 ${message.status} ${message.reason}`;
  const lines = [...message.headers, ['Content-Length', String(Buffer.byteLength(message.body))] as const];
  return `${first}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${message.body}`;
}

/** The first header of this name, whatever its case or compact form; '' when absent. */
export function header(message: SipMessage, name: string): string {
  return headers(message, name)[0] ?? '';
}

export function headers(message: SipMessage, name: string): string[] {
  return message.headers
    .filter(([given]) => fullName(given) === name.toLowerCase())
    .map(([, value]) => value);
}

function fullName(name: string): string {
  const lower = name.toLowerCase();
  return COMPACT[lower] ?? lower;
}

/** `INVITE`, 7 out of `7 INVITE` */
export function sequence(message: SipMessage): { number: number; method: string } {
  const [number = '', method = ''] = header(message, 'CSeq').split(/\s+/);
  return { number: Number(number), method };
}

/** The tag of a From or To value, null when it has none. */
export function tagOf(value: string): string | null {
  return /;\s*tag=([^;\s>]+)/i.exec(value.slice(value.lastIndexOf('>') + 1))?.[1] ?? null;
}

/** The branch of the topmost Via. */
export function branchOf(message: SipMessage): string {
  return /;\s*branch=([^;,\s]+)/i.exec(header(message, 'Via'))?.[1] ?? '';
}

export interface Address {
  /** what stands before the angle brackets, quotes and escapes undone */
  readonly display: string;
  readonly uri: string;
  /** the URI's user part as it stands there, %-escapes included */
  readonly user: string;
}

/** Reads a From, To, Contact or Refer-To value. */
export function parseAddress(value: string): Address {
  const bracketed = /^\s*(?:"((?:[^"\\]|\\.)*)"|([^<"]*))\s*<([^>]*)>/.exec(value);
  const uri = bracketed?.[3] ?? value.replace(/;.*$/, '').trim();
  const quoted = bracketed?.[1]?.replace(/\\(.)/g, '$1');
  const user = /^sips?:([^@]*)@/i.exec(uri)?.[1]?.replace(/[:;].*$/, '') ?? '';
  return { display: quoted ?? bracketed?.[2]?.trim() ?? '', uri, user };
}

/** `"name" <uri>`; the name is quoted and escaped, its control characters dropped. */
export function formatAddress(display: string, uri: string): string {
  const safe = display.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&');
  return display === '' ? `<${uri}>` : `"${safe}" <${uri}>`;
}

/** One line for a timeline or an error: `INVITE sip:101@…` or `180 Ringing (INVITE)`. */
export function summary(message: SipMessage): string {
  if (message.kind === 'request') return `${message.method} ${message.uri}`;
  return `${message.status} ${message.reason} (${sequence(message).method})`;
}
