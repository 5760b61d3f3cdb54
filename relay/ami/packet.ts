// Reading one AMI packet as asterisk-manager's reader leaves it: keys in lower case, a repeated key as a list, keys
// and values chosen by strangers (raw CR LF passes from a caller's From header into the stream). Pure.

/** One AMI block; read it only through this file. */
export type Packet = Readonly<Record<string, unknown>>;

/** Longer values are cut: Asterisk's own limit for a header is 1024 bytes [main/manager.c: inbuf]. */
const MAX_VALUE_LENGTH = 1024;

/** The value of a key in lower case, '' where there is none. Of a repeated key the first: a later one may be forged. */
export function read(packet: Packet, key: string): string {
  const values = valuesOf(packet, key);
  const value = values === null ? '' : typeof values === 'string' ? values : (values[0] ?? '');
  return value.length > MAX_VALUE_LENGTH ? value.slice(0, MAX_VALUE_LENGTH) : value;
}

/** Whether a key stands there twice: Asterisk never does that in call events, only forged lines do. */
export const isRepeated = (packet: Packet, key: string): boolean =>
  typeof packet[key] === 'object' && Array.isArray(valuesOf(packet, key));

function valuesOf(packet: Packet, key: string): string | string[] | null {
  if (!Object.hasOwn(packet, key)) return null;
  const value = packet[key];
  if (typeof value === 'string') return value;
  if (!Array.isArray(value)) return null;
  // `constructor: x` meets the inherited function in the package's reader and comes as [function, 'x'].
  const texts = value.filter((item): item is string => typeof item === 'string');
  return texts.length === 1 ? (texts[0] ?? null) : texts;
}

/**
 * One value made safe to send: a line break in it would begin a second header or action, and Asterisk refuses lines
 * over 1024 bytes.
 */
export const safeValue = (value: string): string => value.replace(/[\u0000-\u001f\u007f]/g, '').slice(0, 900);
