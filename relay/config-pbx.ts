// The settings of one PBX: its AMI account, and which of its endpoints are whose phones. Called by `config.ts`, once for
// each PBX.
import { z } from 'zod';
import { EXTENSION_PATTERN } from '../shared/protocol.ts';
import { MAX_ENDPOINT_LENGTH, NO_PHONE, patternProblem, TECHNOLOGIES } from './calls/phones.ts';
import type { AmiAccount } from './ami/connection.ts';
import { required, text, wholeNumber, yesNo } from './config-fields.ts';
import { isSlow, rewriteRules, TOO_SLOW } from './config-numbers.ts';
import type { Settings } from './config-source.ts';

/** `name` stands only in a list of several. */
export const PBX_SETTINGS = {
  amiHost: {
    yaml: 'ami.host',
    environment: 'RINGCUE_AMI_HOST',
    describes: 'The name or address of the Asterisk server, where its manager interface (AMI) listens.',
    example: '192.0.2.1',
  },
  amiPort: {
    yaml: 'ami.port',
    environment: 'RINGCUE_AMI_PORT',
    describes: 'The port of the manager interface.',
    example: '5038',
  },
  amiUsername: {
    yaml: 'ami.username',
    environment: 'RINGCUE_AMI_USERNAME',
    describes: 'The name of the AMI account: its section in manager.conf.',
    example: 'ringcue',
  },
  amiSecret: {
    yaml: 'ami.secret',
    environment: 'RINGCUE_AMI_SECRET',
    describes:
      'The secret of the AMI account. Best in a file of its own, which is read again before each login.',
    example: 'a-long-random-text',
    isSecret: true,
    isReloaded: true,
  },
  amiTls: {
    yaml: 'ami.tls',
    environment: 'RINGCUE_AMI_TLS',
    describes:
      'Whether to speak TLS to Asterisk (tlsenable and tlsbindaddr in manager.conf). The port is then that of TLS, mostly 5039.',
    example: 'yes',
  },
  amiTlsCa: {
    yaml: 'ami.tlsCa',
    environment: 'RINGCUE_AMI_TLS_CA',
    describes:
      "A PEM file of the authority that signed Asterisk's certificate, or of the certificate itself where it signed itself. Without it the system's authorities count.",
    example: '/etc/ringcue/pbx-ca.pem',
  },
  amiTlsName: {
    yaml: 'ami.tlsName',
    environment: 'RINGCUE_AMI_TLS_NAME',
    describes: "The name in Asterisk's certificate, where it is not ami.host.",
    example: 'pbx.example',
  },
  amiTlsMinVersion: {
    yaml: 'ami.tlsMinVersion',
    environment: 'RINGCUE_AMI_TLS_MIN_VERSION',
    describes:
      'The oldest TLS that is spoken to Asterisk; below 1.2 only for old boxes on a network of your own.',
    example: "'1.0'",
  },
  amiEvents: {
    yaml: 'ami.events',
    environment: 'RINGCUE_AMI_EVENTS',
    describes:
      'Whether events are listened to. With no, polls alone tell what happens, up to pollEveryMs later.',
    example: 'no',
  },
  amiUserEvents: {
    yaml: 'ami.userEvents',
    environment: 'RINGCUE_AMI_USER_EVENTS',
    describes: 'Whether the dialplan itself may name the client, by a UserEvent called RingcueClient.',
    example: 'yes',
  },
  pollEveryMs: {
    yaml: 'ami.pollEveryMs',
    environment: 'RINGCUE_POLL_EVERY_MS',
    describes: 'How often Asterisk is asked for its channels, in milliseconds. Without events take 250.',
    example: '250',
  },
  extensions: {
    yaml: 'extensions',
    environment: 'RINGCUE_EXTENSIONS',
    describes:
      'A regular expression: which endpoints are phones. The whole name must fit; the name is the extension, or the group in the pattern.',
    example: "'(\\d{3})[a-z]?'",
  },
  phones: {
    yaml: 'phones',
    environment: 'RINGCUE_PHONES',
    describes:
      'A table of the endpoints whose name is not their extension, endpoint: extension, or endpoint: trunk for what is no phone. In the environment: sales-desk=150,7001=trunk.',
    example: '{ sales-desk: 150, 7001: trunk }',
  },
  prefix: {
    yaml: 'prefix',
    environment: 'RINGCUE_PREFIX',
    describes: "What stands before this PBX's extensions outside it, where one relay serves several PBXs.",
    example: '8',
  },
  rewrite: {
    yaml: 'numbers.rewrite',
    environment: '',
    describes:
      'Rules by which the numbers of this PBX are rewritten before anything is made of them, each applied in its order; match must fit all of the number.',
    example: "[{ match: '9(8\\d{10})', replace: $1 }]",
  },
} as const satisfies Settings;

const pattern = text()
  .default('\\d{2,6}')
  .transform((source, context) => {
    try {
      const regExp = new RegExp(`^(?:${source})$`);
      const problem = patternProblem(regExp) ?? (isSlow(regExp, MAX_ENDPOINT_LENGTH) ? TOO_SLOW : null);
      if (problem === null) return regExp;
      context.addIssue(problem);
    } catch (error) {
      context.addIssue(`is not a regular expression: ${(error as Error).message}`);
    }
    return z.NEVER;
  });

/** `{sales-desk: 150, 7001: trunk}`, or `sales-desk=150,7001=trunk` in the environment. */
const phones = z
  .union([text(), z.record(z.string(), z.unknown())], 'must be a table, endpoint: extension')
  .default('')
  .transform((told, context) => {
    const rows = typeof told === 'string' ? rowsOf(told) : Object.entries(told);
    const endpoints = new Map<string, string>();
    for (const [key, value] of rows) {
      const endpoint = key.trim().replace(/^[^/]+(?=\/)/, (technology) => technology.toUpperCase());
      const extension = typeof value === 'string' ? value.trim() || NO_PHONE : value === null ? NO_PHONE : '';
      const problem = endpoints.has(endpoint) ? 'stands there twice' : rowProblem(endpoint, extension);
      if (problem !== null) context.addIssue({ code: 'custom', message: problem, path: [key] });
      endpoints.set(endpoint, extension);
    }
    return endpoints;
  });

const rowsOf = (told: string): (readonly [string, string | undefined])[] =>
  told
    .split(',')
    .filter((row) => row.trim() !== '')
    .map((row) => {
      const [endpoint = '', extension, ...more] = row.split('=');
      return [endpoint, more.length > 0 ? undefined : extension] as const;
    });

function rowProblem(endpoint: string, extension: string): string | null {
  const technology = /^([^/]*)\//.exec(endpoint)?.[1];
  if (technology !== undefined && !TECHNOLOGIES.includes(technology))
    return `begins with a technology that has no phones; known: ${TECHNOLOGIES.join(', ')}`;
  if (!/^[^\s<>]+$/.test(endpoint))
    return 'is not the name of an endpoint, for example sales-desk or PJSIP/sales-desk';
  if (!EXTENSION_PATTERN.test(extension))
    return `must be an extension, for example 150, or ${NO_PHONE} for what is no phone`;
  return null;
}

const onePbx = z.strictObject({
  amiHost: required('the name or address of the Asterisk server'),
  amiPort: wholeNumber(1, 65535).default(5038),
  amiUsername: required('the name of the AMI account, from manager.conf'),
  amiSecret: required('the secret of the AMI account, from manager.conf'),
  amiTls: yesNo.default(false),
  amiTlsCa: z.nullable(text()).default(null),
  amiTlsName: z.nullable(text()).default(null),
  amiTlsMinVersion: z.enum(['1.0', '1.1', '1.2', '1.3'], 'must be 1.0, 1.1, 1.2 or 1.3').default('1.2'),
  amiEvents: yesNo.default(true),
  amiUserEvents: yesNo.default(false),
  pollEveryMs: wholeNumber(100, 60_000).default(1_000),
  extensions: pattern,
  phones,
  prefix: text()
    .regex(/^(?:[A-Za-z0-9_.][A-Za-z0-9_.-]{0,7})?$/, 'must be 1 to 8 digits or letters, for example 8')
    .default(''),
  rewrite: rewriteRules,
});

export const NAMED_PBX_SETTINGS = {
  name: {
    yaml: 'name',
    environment: '',
    describes: 'A short name of the PBX for the log and the metrics.',
    example: 'moscow',
  },
  ...PBX_SETTINGS,
} as const satisfies Settings;
const namedPbx = onePbx.extend({
  name: required('a short name for the log, for example moscow').regex(
    /^[a-z0-9-]{1,16}$/,
    'must be 1 to 16 small letters, digits or dashes, for example moscow',
  ),
});
export type PbxConfig = z.infer<typeof namedPbx>;

/** Whoever sets how TLS shall be and not that it shall be would send the secret in the clear without knowing it. */
const isTlsMeant = (pbx: Pick<PbxConfig, 'amiTls' | 'amiTlsCa' | 'amiTlsName'>): boolean =>
  pbx.amiTls || (pbx.amiTlsCa === null && pbx.amiTlsName === null);
const UNMEANT_TLS = {
  path: ['amiTls'],
  message: 'must be yes where ami.tlsCa or ami.tlsName is set: without it nothing is encrypted',
};
export const pbxSchema = onePbx.refine(isTlsMeant, UNMEANT_TLS);
export const namedPbxSchema = namedPbx.refine(isTlsMeant, UNMEANT_TLS);

/** How the PBX's manager is reached, and as whom. */
export const accountOf = (pbx: PbxConfig): AmiAccount => ({
  host: pbx.amiHost,
  port: pbx.amiPort,
  username: pbx.amiUsername,
  secret: pbx.amiSecret,
  tls: pbx.amiTls ? { caFile: pbx.amiTlsCa, name: pbx.amiTlsName, minVersion: pbx.amiTlsMinVersion } : null,
});
