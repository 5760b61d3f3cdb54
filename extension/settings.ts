// What a member of staff types, made into what the add-on uses. Pure; used by the options page and the background.
import { EXTENSION_PATTERN } from '../shared/protocol.ts';
import { findToken, type HeldToken } from './tokens.ts';

/** null and none until the add-on is set up. `relayUrl` is a ws(s) address that ends in `/feed`. */
export type Settings = { relayUrl: string | null; extensions: string[] };
export const NO_SETTINGS: Settings = { relayUrl: null, extensions: [] };

/** As many as one hello may name. */
export const MAX_LINES = 8;

/** Whom to connect to and as whom; a token comes with pairing and is null in open mode. */
export type Target = { relayUrl: string; lines: TargetLine[] };
export type TargetLine = {
  extension: string;
  token: string | null;
  /** The token is another line's: IT may have allowed that one to watch this. */
  isBorrowed: boolean;
};

export type Parsed<Problem extends string> = { value: string } | { problem: Problem };
export type RelayUrlProblem = 'relayUrlMissing' | 'relayUrlInvalid' | 'relayUrlScheme';
export type ExtensionProblem = 'extensionMissing' | 'extensionInvalid';

const SOCKET_SCHEMES: Readonly<Record<string, string>> = {
  'http:': 'ws:',
  'https:': 'wss:',
  'ws:': 'ws:',
  'wss:': 'wss:',
};

/** `pbx.local:8088`, `https://pbx.example/`, `ws://10.0.0.5/ringcue/feed` … → the address of the feed. */
export function parseRelayUrl(typed: string): Parsed<RelayUrlProblem> {
  const text = typed.trim();
  if (text === '') return { problem: 'relayUrlMissing' };
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const url = toUrl(hasScheme ? text : `ws://${text}`);
  if (url === null) return { problem: 'relayUrlInvalid' };
  const scheme = SOCKET_SCHEMES[url.protocol];
  if (scheme === undefined) return { problem: 'relayUrlScheme' };
  if (url.hostname === '') return { problem: 'relayUrlInvalid' };
  const path = url.pathname.replace(/\/+$/, '').replace(/\/feed$/, '');
  return { value: `${scheme}//${url.host}${path}/feed` };
}

/** The address as staff would write it: `ws://pbx.local:8088/feed` → `pbx.local:8088`, `wss://…` → `https://…`. */
export const displayRelayUrl = (relayUrl: string): string =>
  relayUrl
    .replace(/^ws:\/\//, '')
    .replace(/^wss:/, 'https:')
    .replace(/\/feed$/, '');

export function parseExtension(typed: string): Parsed<ExtensionProblem> {
  const value = typed.trim();
  if (value === '') return { problem: 'extensionMissing' };
  return EXTENSION_PATTERN.test(value) ? { value } : { problem: 'extensionInvalid' };
}

/** The target, or null where the settings are missing or were damaged. */
export function toTarget(settings: Settings, tokens: readonly HeldToken[] = []): Target | null {
  const relayUrl = parseRelayUrl(settings.relayUrl ?? '');
  if ('problem' in relayUrl) return null;
  const extensions = settings.extensions.filter((one) => 'value' in parseExtension(one)).slice(0, MAX_LINES);
  if (extensions.length === 0) return null;
  const own = extensions.map((extension) => ({
    extension,
    token: findToken(tokens, relayUrl.value, extension)?.token ?? null,
  }));
  const first = own.find(({ token }) => token !== null)?.token ?? null;
  return {
    relayUrl: relayUrl.value,
    lines: own.map(({ extension, token }) => ({
      extension,
      token: token ?? first,
      isBorrowed: token === null && first !== null,
    })),
  };
}

/** What is kept on disk, also by versions that knew one extension only. */
export function readStored(stored: Readonly<Record<string, unknown>>): Settings {
  const { relayUrl, extension, extensions } = stored;
  const listed: unknown[] = Array.isArray(extensions) ? extensions : [extension];
  return {
    relayUrl: typeof relayUrl === 'string' ? relayUrl : null,
    extensions: listed.filter((one) => typeof one === 'string').slice(0, MAX_LINES),
  };
}

/** The first extension is the one that the form shows; the others stay behind it. */
export function withFirst({ extensions }: Settings, relayUrl: string, extension: string): Settings {
  const others = extensions.slice(1).filter((one) => one !== extension);
  return { relayUrl, extensions: [extension, ...others] };
}

/** A line that was paired is watched from then on; that of another relay takes the place of all there were. */
export function withLine(settings: Settings, relayUrl: string, extension: string): Settings {
  if (settings.relayUrl !== relayUrl) return { relayUrl, extensions: [extension] };
  if (settings.extensions.includes(extension)) return settings;
  return { relayUrl, extensions: [...settings.extensions.slice(0, MAX_LINES - 1), extension] };
}

/** The relay's http(s) address of life beside its feed: asked before each connection. */
export const probeUrl = (relayUrl: string): string =>
  relayUrl.replace(/^ws/, 'http').replace(/\/feed$/, '/healthz');

function toUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
