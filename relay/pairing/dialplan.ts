// What a browser is paired by on the side of Asterisk: a feature code and six digits, and the lines of the dialplan that
// take such a call. The only source of both; the wire, `ringcue doctor`, the documentation and the lab use it. Pure.

export const CODE_DIGITS = 6;
/** Not in use by FreePBX or its kin; another can be set. */
export const DEFAULT_PREFIX = '*77';

/**
 * For the context that the phones dial in. The call must be there for a moment, as polls alone may have to see it.
 * `prefix`: digits, * and #; nothing that a pattern takes for more [extensions.conf].
 */
export const pairingDialplan = (prefix: string): string =>
  `exten => _${prefix}${'X'.repeat(CODE_DIGITS)},1,NoOp()
 same => n,Answer()
 same => n,Playback(beep)
 same => n,Wait(2)
 same => n,Hangup()
`;

/** The digits of the code in what a phone has dialled; null: something else was dialled. */
export function codeIn(prefix: string, dialled: string): string | null {
  if (!dialled.startsWith(prefix)) return null;
  const digits = dialled.slice(prefix.length);
  return digits.length === CODE_DIGITS && /^\d+$/.test(digits) ? digits : null;
}
