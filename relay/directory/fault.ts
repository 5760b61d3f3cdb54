// What can go wrong with a source, as a value with a code; and how a driver's error becomes a sentence that may stand in
// the log: nobody's number or name is in it. Pure.
import type { FaultCode } from './source.ts';

const MAX_MESSAGE_LENGTH = 400;

export class SourceFault extends Error {
  override readonly name = 'SourceFault';
  readonly code: FaultCode;
  constructor(code: FaultCode, message: string) {
    super(withoutPeople(message));
    this.code = code;
  }
}

/** Whatever was thrown; what nobody foresaw is an answer that was not agreed. */
export const faultOf = (error: unknown): SourceFault =>
  error instanceof SourceFault
    ? error
    : new SourceFault(NETWORK_CODES[codeOf(error)] ?? 'directory.bad-answer', messageOf(error));

/** [errno(3), Node: system errors, undici] */
const NETWORK_CODES: Readonly<Record<string, FaultCode>> = Object.fromEntries(
  [
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ENOTFOUND',
    'EAI_AGAIN',
    'EHOSTUNREACH',
    'ENETUNREACH',
    'ETIMEDOUT',
    'ENOENT',
    'EACCES',
    'UND_ERR_SOCKET',
    'UND_ERR_CONNECT_TIMEOUT',
  ].map((code) => [code, 'directory.unreachable' as const]),
);

/** The innermost code: `fetch` wraps the cause, a connection by name has one for each address. */
export function codeOf(error: unknown): string {
  const { cause, errors, code } = (error ?? {}) as { cause?: unknown; errors?: unknown[]; code?: unknown };
  if (cause) return codeOf(cause);
  if (Array.isArray(errors) && errors.length > 0) return codeOf(errors[0]);
  return typeof code === 'string' ? code : '';
}

export function messageOf(error: unknown): string {
  const { cause, errors } = (error ?? {}) as { cause?: unknown; errors?: unknown[] };
  if (cause) return messageOf(cause);
  if (Array.isArray(errors) && errors.length > 0) return messageOf(errors[0]);
  return (
    (error instanceof Error ? error.message || codeOf(error) : String(error)) || 'an error without words'
  );
}

/** A database quotes values in its messages: of digits the first three stay, and of a long text its beginning. */
function withoutPeople(message: string): string {
  const line = message
    .slice(0, 4 * MAX_MESSAGE_LENGTH)
    .replace(/\s+/g, ' ')
    .replace(/\d[\d ()-]{5,}\d/g, (digits) => `${digits.slice(0, 3)}…`);
  return line.length > MAX_MESSAGE_LENGTH ? `${line.slice(0, MAX_MESSAGE_LENGTH)}…` : line;
}
