// What a member of staff types, made into what the add-on uses. Pure; used by the options page and the background.
import { EXTENSION_PATTERN } from '../shared/protocol.ts';

/** Both null until the add-on is set up. `relayUrl` is a ws(s) address that ends in `/feed`. */
export type Settings = { relayUrl: string | null; extension: string | null };

/** Whom to connect to and as whom; the token comes with pairing and is null in open mode. */
export type Target = { relayUrl: string; extension: string; token: string | null };

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
export function toTarget(settings: Settings): Target | null {
  const relayUrl = parseRelayUrl(settings.relayUrl ?? '');
  const extension = parseExtension(settings.extension ?? '');
  if ('problem' in relayUrl || 'problem' in extension) return null;
  return { relayUrl: relayUrl.value, extension: extension.value, token: null };
}

/** The relay's http(s) address of life beside its feed: asked before each connection. */
export const probeUrl = (relayUrl: string): string =>
  relayUrl.replace(/^ws/, 'http').replace(/\/feed$/, '/healthz');

function toUrl(text: string): URL | null {
  return URL.canParse(text) ? new URL(text) : null;
}
