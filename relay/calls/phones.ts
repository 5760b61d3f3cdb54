// Which channel is whose phone: from the channel's name, by a table of endpoints first and by a pattern then. Pure;
// made by `main.ts` for each PBX, asked by the switchboard for every new channel.
//
//   PJSIP/101-0000002b   technology PJSIP, endpoint 101, and a count that Asterisk adds [ast_channel_alloc]
import { EXTENSION_PATTERN } from '../../shared/protocol.ts';

/** Technologies whose channels are devices or trunks; `X<MASQ>`, `Transfered/…`, `Parking/…` and the like are not. */
const DEVICE_CHANNEL = /^(SIP|PJSIP|IAX2|SCCP|DAHDI|MGCP|Skinny|Dongle|Motif)\/([^<>]+)-[0-9a-f]+$/i;
/** [AST_CHANNEL_NAME: 80] A pattern that backtracks must not meet long names, some of which strangers choose. */
const MAX_ENDPOINT_LENGTH = 48;

export type PhonesOptions = {
  /** Whole names of endpoints that are phones. Its group, if it has one, is the extension, else the name is. */
  pattern: RegExp;
  /** Endpoint, or technology/endpoint → extension; null: not a phone, although the pattern fits. */
  endpoints: ReadonlyMap<string, string | null>;
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
  const mapped = new Set(endpoints.values());
  const extensionOfNumber = (number: string): string => prefix + number;

  const byPattern = (endpoint: string): string | null => {
    const match = endpoint.length <= MAX_ENDPOINT_LENGTH ? pattern.exec(endpoint) : null;
    return match && (match[1] ?? match[0]);
  };
  const ofEndpoint = (technology: string, endpoint: string): string | null => {
    for (const key of [`${technology.toUpperCase()}/${endpoint}`, endpoint]) {
      const told = endpoints.get(key);
      if (told !== undefined) return told;
    }
    // A DAHDI channel is called by its number on the card, which is nobody's extension.
    return technology.toUpperCase() === 'DAHDI' ? null : byPattern(endpoint);
  };

  return {
    extensionOf(channelName) {
      const [, technology = '', endpoint = ''] = DEVICE_CHANNEL.exec(channelName) ?? [];
      const own = endpoint === '' ? null : ofEndpoint(technology, endpoint);
      if (own === null) return null;
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

/** What the one group of a pattern can be, taken out of it: `phone-(\d+)` → `\d+`; null: it has no group. */
function groupOf({ source }: RegExp): RegExp | null {
  const opened: number[] = [];
  for (const { 0: token, index } of source.matchAll(TOKEN))
    if (token.startsWith('(')) opened.push(isCapturing(token) ? index + token.length : Number.NaN);
    else if (token === ')') {
      const start = opened.pop() ?? Number.NaN;
      if (!Number.isNaN(start)) return new RegExp(`^(?:${source.slice(start, index)})$`);
    }
  return null;
}

/** [ECMA-262 22.2.1] What parentheses of a pattern may hide in, and how groups begin. */
const TOKEN = /\\.|\[(?:\\.|[^\]\\])*\]|\(\?<[A-Za-z_$][\w$]*>|\((?:\?(?:<?[=!]|[-ims]*:))?|\)/g;
const isCapturing = (token: string): boolean => token === '(' || /^\(\?<[^=!]/.test(token);
