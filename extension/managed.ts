// What IT has set for this browser by policy, laid over the browser's own settings. Pure; storage.ts reads both. A policy may
// hold anything, so each value is judged by itself: a wrong one is named to people and otherwise as if it were not there.
// Its names stand in public/managed-schema.json, too, without which Chromium passes no policy on [storage.managed].
import { parseInvitation } from './invitation.ts';
import { MAX_LINES, parseExtension, parseRelayUrl, type Settings } from './settings.ts';
import { findToken, type HeldToken } from './tokens.ts';

export type PolicyKey =
  'relay' | 'lockRelay' | 'extension' | 'lockExtension' | 'invitation' | 'helpText' | 'helpLink';

export type Policy = {
  /** null and none: IT says nothing about it. */
  relayUrl: string | null;
  extensions: string[];
  /** There is a value, and people may not change it; otherwise it is a proposal for who has none. */
  isRelayLocked: boolean;
  isExtensionLocked: boolean;
  invitation: { relayUrl: string | null; secret: string } | null;
  /** Where staff find help in this company. */
  helpText: string;
  helpLink: string | null;
  /** What cannot be meant so. */
  faults: PolicyKey[];
};

export const NO_POLICY: Policy = {
  relayUrl: null,
  extensions: [],
  isRelayLocked: false,
  isExtensionLocked: false,
  invitation: null,
  helpText: '',
  helpLink: null,
  faults: [],
};

const MAX_HELP_TEXT = 2_000;
const MAX_USED = 16;

/** Firefox checks nothing, and in a registry a yes is a 1. */
const ANSWERS: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false };

export function readPolicy(stored: Readonly<Record<string, unknown>>): Policy {
  const faults: PolicyKey[] = [];
  /** `read` of what is told; where it is not told, or wrong, `otherwise`. */
  const take = <T>(key: PolicyKey, otherwise: T, read: (text: string) => T | undefined): T => {
    const told = stored[key];
    if (told === undefined || told === null || told === '') return otherwise;
    const isPlain = typeof told === 'string' || typeof told === 'number' || typeof told === 'boolean';
    const value = isPlain ? read(String(told).trim()) : undefined;
    if (value === undefined) faults.push(key);
    return value ?? otherwise;
  };
  const relayUrl = take<string | null>('relay', null, (text) => valueOf(parseRelayUrl(text)));
  const extensions = take<string[]>('extension', [], readExtensions);
  const isLocked = (key: PolicyKey): boolean => take(key, true, (text) => ANSWERS[text.toLowerCase()]);
  const [lockRelay, lockExtension] = [isLocked('lockRelay'), isLocked('lockExtension')];
  return {
    relayUrl,
    extensions,
    isRelayLocked: lockRelay && relayUrl !== null,
    isExtensionLocked: lockExtension && extensions.length > 0,
    invitation: take<Policy['invitation']>('invitation', null, (text) => valueOf(parseInvitation(text))),
    helpText: take('helpText', '', (text) => text.slice(0, MAX_HELP_TEXT)),
    helpLink: take<string | null>('helpLink', null, readLink),
    faults,
  };
}

/** The settings that count. */
export const withPolicy = (own: Settings, policy: Policy): Settings => ({
  relayUrl: policy.isRelayLocked ? policy.relayUrl : (own.relayUrl ?? policy.relayUrl),
  extensions: policy.isExtensionLocked || own.extensions.length === 0 ? policy.extensions : own.extensions,
});

/** What of `settings` is the browser's own: what IT has locked goes with the policy, and what was there before comes back. */
export const ownOf = (settings: Settings, before: Settings, policy: Policy): Settings => ({
  relayUrl: policy.isRelayLocked ? before.relayUrl : settings.relayUrl,
  extensions: policy.isExtensionLocked ? before.extensions : settings.extensions,
});

export type DueInvitation = { relayUrl: string; extension: string | null; secret: string };

/** The policy's invitation, where this browser is to use it now; null: none, it was used, or there is nothing to pair. */
export function dueInvitation(
  { invitation, relayUrl: ownRelayUrl, extensions }: Policy,
  settings: Settings,
  tokens: readonly HeldToken[],
  used: readonly string[],
): DueInvitation | null {
  if (invitation === null || used.includes(invitation.secret)) return null;
  const relayUrl = ownRelayUrl ?? invitation.relayUrl ?? settings.relayUrl;
  if (relayUrl === null) return null;
  const isPaired = (extension: string): boolean => findToken(tokens, relayUrl, extension) !== undefined;
  if (extensions.length > 0 && extensions.every(isPaired)) return null;
  // Told along, so that an invitation for somebody else is refused before it is used.
  const extension = extensions.length === 1 ? (extensions[0] ?? null) : null;
  return { relayUrl, extension, secret: invitation.secret };
}

/** The newest stand last. */
export const withUsed = (used: readonly string[], secret: string): string[] =>
  [...used.filter((one) => one !== secret), secret].slice(-MAX_USED);

/** `101`, or several as `101, 102`. */
function readExtensions(text: string): string[] | undefined {
  const listed = text.split(/[,;\s]+/).filter((one) => one !== '');
  const areWell = listed.every((one) => 'value' in parseExtension(one));
  return areWell && listed.length <= MAX_LINES ? [...new Set(listed)] : undefined;
}

function readLink(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^(?:https?|mailto|tel):$/.test(url.protocol) ? url.href : undefined;
}

const valueOf = <T>(parsed: { value: T } | { problem: string }): T | undefined =>
  'value' in parsed ? parsed.value : undefined;
