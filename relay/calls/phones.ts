// Which channel is whose phone: from the channel's name, by a table of endpoints first and by a pattern then. Pure;
// made by `serve.ts` for each PBX, asked by the switchboard for every new channel.
//
//   PJSIP/101-0000002b   technology PJSIP, endpoint 101, and a count that Asterisk adds [ast_channel_alloc]
import { EXTENSION_PATTERN } from '../../shared/protocol.ts';

/** Technologies whose channels are devices or trunks; `X<MASQ>`, `Transfered/…`, `Parking/…` and the like are not. */
export const TECHNOLOGIES = ['SIP', 'PJSIP', 'IAX2', 'SCCP', 'DAHDI', 'MGCP', 'SKINNY', 'DONGLE', 'MOTIF'];
const DEVICE_CHANNEL = new RegExp(`^(${TECHNOLOGIES.join('|')})/([^<>]+)-[0-9a-f]+$`, 'i');
/** [AST_CHANNEL_NAME: 80] A pattern that backtracks must not meet long names, some of which strangers choose. */
export const MAX_ENDPOINT_LENGTH = 48;
/** In the place of an extension. */
export const NO_PHONE = 'trunk';

export type PhonesOptions = {
  /** Whole names of endpoints that are phones. Its group, if it has one, is the extension, else the name is. */
  pattern: RegExp;
  /** Endpoint, or TECHNOLOGY/endpoint → extension, or `NO_PHONE`, although the pattern fits. */
  endpoints: ReadonlyMap<string, string>;
  /** What this PBX's extensions are called by outside it, before their own number; mostly ''. */
  prefix: string;
};

export type Phones = {
  /** The extension whose phone a channel is, by the channel's name; null: no phone. */
  extensionOf(channelName: string): string | null;
  /** How the PBX's own short number is called outside it. */
  extensionOfNumber(number: string): string;
  /** Whether any phone could have this extension. */
  isExtension(text: string): boolean;
};

export function createPhones({ pattern, endpoints, prefix }: PhonesOptions): Phones {
  const group = groupOf(pattern);
  const mapped = new Set([...endpoints.values()].filter((extension) => extension !== NO_PHONE));
  const extensionOfNumber = (number: string): string => prefix + number;

  const byPattern = (endpoint: string): string | null => {
    const match = endpoint.length <= MAX_ENDPOINT_LENGTH ? pattern.exec(endpoint) : null;
    return match && (match.groups?.['extension'] ?? match[1] ?? match[0]);
  };
  const ofEndpoint = (technology: string, endpoint: string): string | null => {
    const told = endpoints.get(`${technology}/${endpoint}`) ?? endpoints.get(endpoint);
    if (told !== undefined) return told === NO_PHONE ? null : told;
    // A DAHDI channel is called by its number on the card, which is nobody's extension.
    return technology === 'DAHDI' ? null : byPattern(endpoint);
  };

  return {
    extensionOf(channelName) {
      const [, technology = '', endpoint = ''] = DEVICE_CHANNEL.exec(channelName) ?? [];
      const own = endpoint === '' ? null : ofEndpoint(technology.toUpperCase(), endpoint);
      if (own === null || own === '') return null;
      const extension = extensionOfNumber(own);
      return EXTENSION_PATTERN.test(extension) ? extension : null; // nobody could watch it
    },
    extensionOfNumber,
    isExtension(text) {
      if (!text.startsWith(prefix)) return false;
      const own = text.slice(prefix.length);
      return mapped.has(own) || byPattern(own) === own || (group?.test(own) ?? false);
    },
  };
}

/** Why a pattern cannot say whose phone an endpoint is, in words; null: it can. */
export function patternProblem({ source }: RegExp): string | null {
  const groups = groupsOf(source);
  if (groups.length < 2 || groups.some(({ isExtension }) => isExtension)) return null;
  return 'has several groups: which is the extension? Write that one as (?<extension>…), or the others as (?:…)';
}

/** What the group of a pattern can be, taken out of it: `phone-(\d+)` → `\d+`; null: it has no group. */
function groupOf({ source }: RegExp): RegExp | null {
  const groups = groupsOf(source);
  const group = groups.find(({ isExtension }) => isExtension) ?? groups[0];
  return group ? new RegExp(`^(?:${group.inside})$`) : null;
}

type Group = { isExtension: boolean; inside: string };

/** [ECMA-262 22.2.1] What parentheses of a pattern may hide in, and how groups begin. */
const TOKEN = /\\.|\[(?:\\.|[^\]\\])*\]|\(\?<[A-Za-z_$][\w$]*>|\((?:\?(?:<?[=!]|[-ims]*:))?|\)/g;

/** The groups that capture. */
function groupsOf(source: string): Group[] {
  const groups: Group[] = [];
  const opened: { token: string; from: number }[] = [];
  for (const { 0: token, index } of source.matchAll(TOKEN)) {
    if (token.startsWith('(')) opened.push({ token, from: index + token.length });
    const begun = token === ')' ? opened.pop() : undefined;
    if (begun && /^\((?:\?<[^=!]|$)/.test(begun.token))
      groups.push({
        isExtension: begun.token === '(?<extension>',
        inside: source.slice(begun.from, index),
      });
  }
  return groups;
}
