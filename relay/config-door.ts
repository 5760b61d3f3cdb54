// The settings of the relay's port: its certificate, the proxies before it, and which add-ons may come in. Called by
// `config.ts`.
import { z } from 'zod';
import { text, yesNo } from './config-fields.ts';
import { ANY_ADD_ON } from './feed/access.ts';
import { isProxy } from './feed/proxies.ts';

export const DOOR_SETTINGS = {
  tlsCertificate: {
    yaml: 'tls.certificate',
    environment: 'RINGCUE_TLS_CERTIFICATE',
    describes:
      'A PEM file with the certificate of the relay first and those of its authorities after it. With it and tls.key the relay speaks TLS itself; a renewed file is taken within two seconds.',
    example: '/etc/ringcue/tls/fullchain.pem',
  },
  tlsKey: {
    yaml: 'tls.key',
    environment: 'RINGCUE_TLS_KEY',
    describes: 'The PEM file of the key that belongs to tls.certificate.',
    example: '/etc/ringcue/tls/key.pem',
  },
  plainBeyondLoopback: {
    yaml: 'plainBeyondLoopback',
    environment: 'RINGCUE_PLAIN_BEYOND_LOOPBACK',
    describes:
      'Whether the relay may speak without TLS on an address that other machines reach, as behind a proxy on another host.',
    example: 'yes',
  },
  trustProxy: {
    yaml: 'trustProxy',
    environment: 'RINGCUE_TRUST_PROXY',
    describes: 'Addresses and networks of your proxies, whose X-Forwarded-For is believed.',
    example: '[127.0.0.1, 10.0.0.0/8]',
  },
  basePath: {
    yaml: 'basePath',
    environment: 'RINGCUE_BASE_PATH',
    describes: 'The path below which a proxy shows the relay; the proxy may cut it off or not.',
    example: '/ringcue',
  },
  origins: {
    yaml: 'origins',
    environment: 'RINGCUE_ORIGINS',
    describes:
      'Whose add-ons may connect: chrome-extension://ID for your own, moz-extension for Firefox. Web pages never may.',
    example: '[chrome-extension://abcdefghijklmnopabcdefghijklmnop, moz-extension]',
  },
} as const;

const ORIGIN = /^(?:chrome-extension(?::\/\/[a-p]{32})?|moz-extension(?::\/\/[0-9a-f-]{36})?)$/;

/** A list in the file, or one text with commas. */
const list = (rule: (entry: string) => boolean, fault: string) =>
  z.preprocess(
    (told) =>
      typeof told === 'string'
        ? told
            .split(',')
            .map((entry) => entry.trim())
            .filter((entry) => entry !== '')
        : told,
    z.array(text().refine(rule, fault), fault),
  );

export const DOOR_FIELDS = {
  tlsCertificate: z.nullable(text()).default(null),
  tlsKey: z.nullable(text()).default(null),
  plainBeyondLoopback: yesNo.default(false),
  trustProxy: list(
    isProxy,
    'must be addresses or networks of your proxies, for example 127.0.0.1 or 10.0.0.0/8',
  ).default([]),
  basePath: text()
    .regex(/^(?:\/[\w.~-]+)*\/?$/, 'must be a path, for example /ringcue')
    .transform((path) => path.replace(/\/$/, ''))
    .default(''),
  origins: list(
    (entry) => ORIGIN.test(entry),
    'must be add-ons: chrome-extension://ID with the 32 letters of chrome://extensions, and moz-extension for Firefox',
  ).default([...ANY_ADD_ON]),
};

type Door = {
  auth: string;
  tlsCertificate: string | null;
  tlsKey: string | null;
  plainBeyondLoopback: boolean;
};

/** Certificate and key, or neither: which of the two is missing; null: all is well. */
export function missingOfPair({ tlsCertificate, tlsKey }: Door): 'tlsCertificate' | 'tlsKey' | null {
  if ((tlsCertificate === null) === (tlsKey === null)) return null;
  return tlsCertificate === null ? 'tlsCertificate' : 'tlsKey';
}

/**
 * Whether what is said here may be read by others on the way without anybody having asked for that. Open mode keeps no
 * secret from whoever reaches the relay, and has a setting of its own for that.
 */
export const isPlainUnasked = (door: Door, isLoopback: boolean): boolean =>
  !isLoopback && door.tlsCertificate === null && !door.plainBeyondLoopback && door.auth !== 'open';
