// What IT gave somebody in place of dialling: `https://pbx.example/ringcue/pair#SECRET`, or the secret alone. Pure; used by
// the options page. The secret stands in the fragment, which no browser sends anywhere.
import { parseRelayUrl } from './settings.ts';

/** `relayUrl`: null where the secret came alone. */
export type Invitation = { relayUrl: string | null; secret: string };
export type InvitationProblem = 'invitationMissing' | 'invitationInvalid';

/** Whatever the relay makes of it, it is short and without spaces; people's programs add those when they wrap a line. */
const SECRET = /^[A-Za-z0-9_-]{6,128}$/;

export function parseInvitation(typed: string): { value: Invitation } | { problem: InvitationProblem } {
  const text = typed.replace(/\s+/g, '');
  if (text === '') return { problem: 'invitationMissing' };
  const at = text.indexOf('#');
  const secret = text.slice(at + 1);
  if (!SECRET.test(secret)) return { problem: 'invitationInvalid' };
  if (at <= 0) return { value: { relayUrl: null, secret } };
  const [, address] = /^(.*)\/pair\/?$/.exec(text.slice(0, at).replace(/\?.*$/, '')) ?? [];
  const relayUrl = parseRelayUrl(address ?? '');
  if ('problem' in relayUrl) return { problem: 'invitationInvalid' };
  return { value: { relayUrl: relayUrl.value, secret } };
}
