// The wire between the relay and the add-on: the specification, its types and its checks. Pure.
//
// `ws(s)://HOST/feed`, JSON text frames, each an object whose `type` names it. Times are milliseconds since 1970 by
// the relay's clock. Unknown fields are ignored by both sides; unknown messages are ignored by the add-on and refused
// by the relay.
//
// Up (at most 4 KiB a frame):
//   hello    who I am and which lines I watch, within 5 s of the connection; once
//   pair     in place of a hello, from a browser that has no token yet: it asks for a code to be dialled on the phone, or
//            brings an invitation. The relay closes such a connection when it is done
//   pong     answer to a ping
//   seen     a person has seen these missed calls: nobody of this extension need be told of them again
//   revoke   this browser, my own or another of the same extension, is to be trusted no more
// Down (at most 64 KiB a frame):
//   welcome  the lines that are granted
//   refused  a line that may not be watched (where all are refused, the close code says it)
//   line     every call of one extension at this moment (0 to 8). Always whole, so the first message, a repair and a
//            live event are one and the same, and loss or repetition does no harm
//   missed   what ended unanswered while the add-on was away, newest first, after the first line; also where that is
//            nothing: whoever has heard it needs none of it again. Only from a relay that keeps a journal
//   seen     these missed calls are dealt with: seen on another device of this extension, or called back. Whoever sent
//            `seen` hears it once it is written, and may stop repeating it
//   code     what to dial on which phone, and until when. The same code is never sent twice
//   paired   the phone has proved itself, or the invitation was good: the token, told this once
//   devices  every browser that is paired with this extension: after the first line, and whenever one comes, goes or is
//            renamed. Always whole; one that was not there before is told to people, as it may not be theirs
//   pbx      whether the relay sees every PBX that may have a phone of these extensions, and since when
//   ping     every `pingEveryMs`, as text: a protocol-level ping does not keep a browser's background alive
//
// `epoch` changes when the relay has rebuilt its state; `seq` grows by one within it for each extension. A receiver
// drops a line whose seq is not newer within the same epoch, so an old ring is never shown as new.
import * as z from 'zod/mini';
import { mayBeOpened } from './address.ts';

export const PROTOCOL = 1;
export const MAX_UP_BYTES = 4 * 1024;
export const MAX_DOWN_BYTES = 64 * 1024;
export const MAX_CALLS_IN_LINE = 8;
/** Calls in `missed`, ids in `seen`. */
export const MAX_MISSED = 32;
export const MAX_CALL_ID_LENGTH = 96;
export const MAX_ADDRESS_LENGTH = 2048;
/** What the add-on speaks. */
export const LANGUAGES = ['en', 'ru'] as const;
/** Of one client. */
export const MAX_FIELDS = 8;
/** Of a template for notifications, in one language. */
export const MAX_TEMPLATE_LENGTH = 500;
/** Paired with one extension at a time. */
export const MAX_DEVICES = 32;
export const MAX_DEVICE_NAME_LENGTH = 64;
export const ENDED_CALL_STAYS_MS = 60_000;
export const HELLO_DEADLINE_MS = 5_000;
export const PING_EVERY_MS = 15_000;
/** Either side gives the connection up after this long without a frame. */
export const SILENCE_MS = 45_000;

/** Close codes [RFC 6455 7.4.2: 4000-4999 are private]. 4000-4499: try again. 4500-4999: a person must act first. */
export const CLOSE = {
  restarting: 4000,
  tooSlow: 4001,
  noHello: 4002,
  silent: 4003,
  /** Too many watch this extension. */
  crowded: 4004,
  /** Nobody dialled the code in time. */
  codeExpired: 4005,
  /** Too many codes are asked for, by this address, for this extension or in all: later. */
  tooManyCodes: 4006,
  /** `pair` has done its work: come back with a hello. */
  paired: 4007,
  tokenRefused: 4500,
  protocolNotSpoken: 4501,
  malformed: 4502,
  extensionNotAllowed: 4503,
  revoked: 4504,
  /** The invitation is wrong, used or too old. */
  invitationRefused: 4505,
} as const;
export const mayRetry = (closeCode: number): boolean => closeCode < 4500 || closeCode > 4999;

/** An extension as staff type it: `101`, with a site's prefix `8101`, or any name of a phone. */
export const EXTENSION_PATTERN = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,31}$/;

const extension = z.string().check(z.regex(EXTENSION_PATTERN));
const text = z.string().check(z.maxLength(512));
const time = z.int().check(z.nonnegative());
const callId = z.string().check(z.minLength(1), z.maxLength(MAX_CALL_ID_LENGTH));
const position = z.object({ epoch: z.string().check(z.maxLength(64)), seq: z.int().check(z.nonnegative()) });

const client = z.object({
  id: text,
  name: text,
  /** `data:` or http(s) address of a picture. */
  image: z.nullable(z.string().check(z.maxLength(4096))),
  /** How many further clients have the same number: a name is never a guess. */
  others: z.int().check(z.nonnegative()),
  /** Of a client who alone has this number: company, manager, debt … as IT lists them. */
  fields: z.array(z.object({ label: text, value: text })).check(z.maxLength(MAX_FIELDS)),
  isVip: z.optional(z.boolean()),
  /** The manager of this client has the extension that is told. */
  isYours: z.optional(z.boolean()),
  /** On the black list: the call is no reason for a notification. */
  isBlocked: z.optional(z.boolean()),
});

const party = z.object({
  /** E.164 when public, the extension when `internal`, the PBX's own text otherwise, null when hidden. */
  number: z.nullable(text),
  /** The number as people write it; empty when hidden. */
  display: text,
  /** The caller's name as the PBX tells it, null where it tells none. */
  name: z.nullable(text),
  internal: z.boolean(),
  client: z.nullable(client),
  /**
   * What one click opens: the client's card, or the page for an unknown number; null: nothing. http(s), or a scheme that
   * IT lists. What may never be opened counts as null: a ring is not lost for that.
   */
  url: z.catch(z.nullable(z.string().check(z.maxLength(MAX_ADDRESS_LENGTH), z.refine(mayBeOpened))), null),
});

const call = z.object({
  /** The relay's own; the same from the first ring to the end, through transfers and renames. */
  id: callId,
  /** Seen from this extension, like `party`. */
  direction: z.enum(['inbound', 'outbound']),
  state: z.enum(['ringing', 'dialing', 'talking', 'held', 'ended']),
  party,
  /** The company's number that the client called, written like `party.number`; null where not known. */
  dialed: z.nullable(text),
  queue: z.nullable(text),
  transferredBy: z.nullable(text),
  startedAt: time,
  answeredAt: z.nullable(time),
  endedAt: z.nullable(time),
  endReason: z.nullable(
    z.enum([
      'completed',
      'missed',
      'answered-elsewhere',
      'rejected',
      'busy',
      'no-answer',
      'cancelled',
      'forwarded',
      'transferred',
      'lost',
    ]),
  ),
  /** The extension that answered instead, with `answered-elsewhere` (and `missed`, where somebody did later). */
  answeredBy: z.nullable(text),
});

/** [shared/template.ts] In each language that the add-on speaks. */
const wording = z.string().check(z.maxLength(MAX_TEMPLATE_LENGTH));
const template = z.object({ en: wording, ru: wording } satisfies Record<Language, unknown>);

const calls = z.array(call).check(z.maxLength(MAX_CALLS_IN_LINE));
const seen = z.object({
  type: z.literal('seen'),
  extension,
  callIds: z.array(callId).check(z.maxLength(MAX_MISSED)),
});

const device = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(32)),
  /** As it called itself when it was paired: `Chrome on Windows`. */
  name: z.string().check(z.maxLength(MAX_DEVICE_NAME_LENGTH)),
  pairedAt: time,
  /** When it was last connected; of one that is now: now. */
  seenAt: time,
  /** It is the one that is told. */
  isOwn: z.boolean(),
});

const up = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    protocol: z.literal(PROTOCOL),
    lines: z
      .array(
        z.object({
          extension,
          /** null only where the relay runs in open mode. */
          token: z.nullable(z.string().check(z.maxLength(128))),
          /** The last line held when all that was missed before it was known, or null. */
          after: z.nullable(position),
        }),
      )
      .check(z.minLength(1), z.maxLength(8)),
  }),
  z.object({
    type: z.literal('pair'),
    protocol: z.literal(PROTOCOL),
    /** Whose phone will dial; null: what the invitation says. */
    extension: z.nullable(extension),
    /** null: a code to dial is wanted. */
    invitation: z.nullable(z.string().check(z.maxLength(128))),
    name: device.shape.name,
  }),
  z.object({ type: z.literal('pong'), at: time }),
  seen,
  z.object({ type: z.literal('revoke'), extension, deviceId: device.shape.id }),
]);

const anyHello = z.object({ type: z.literal('hello'), protocol: z.int() });

const down = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('welcome'),
    protocol: z.int(),
    extensions: z.array(extension),
    /** Those of them that are somebody else's, whom IT has allowed this browser's owner to watch. */
    watched: z._default(z.array(extension), []),
    serverTime: time,
    pingEveryMs: z.int().check(z.positive()),
    /** `open`: nobody proves whose phone it is, and people are told so. */
    auth: z.enum(['open', 'pairing']),
    /** How notifications shall read; null, or nothing: in the add-on's own words. */
    notification: z.catch(
      z.optional(z.object({ title: z.nullable(template), text: z.nullable(template) })),
      undefined,
    ),
  }),
  z.object({ type: z.literal('refused'), extension: text, code: z.int(), reason: text }),
  z.object({
    type: z.literal('line'),
    extension,
    epoch: position.shape.epoch,
    seq: position.shape.seq,
    /** The id of the call that changed, or null. */
    cause: z.nullable(callId),
    calls,
  }),
  z.object({ type: z.literal('missed'), extension, calls: z.array(call).check(z.maxLength(MAX_MISSED)) }),
  seen,
  z.object({
    type: z.literal('code'),
    extension,
    /** All that is dialled, feature code included: `*77482193`. */
    dial: z.string().check(z.maxLength(32)),
    expiresAt: time,
    serverTime: time,
    /** The lines for IT's dialplan that make the PBX take such a call. */
    dialplan: z.string().check(z.maxLength(1024)),
  }),
  z.object({
    type: z.literal('paired'),
    extension,
    /** 256 bits, base64url. */
    token: z.string().check(z.maxLength(128)),
    deviceId: device.shape.id,
  }),
  z.object({
    type: z.literal('devices'),
    extension,
    devices: z.array(device).check(z.maxLength(MAX_DEVICES)),
  }),
  z.object({ type: z.literal('pbx'), state: z.enum(['up', 'down']), since: time }),
  z.object({ type: z.literal('ping'), at: time }),
]);

export type Up = z.infer<typeof up>;
export type Down = z.infer<typeof down>;
export type Hello = Extract<Up, { type: 'hello' }>;
export type Pair = Extract<Up, { type: 'pair' }>;
export type Device = z.infer<typeof device>;
export type Line = Extract<Down, { type: 'line' }>;
export type Call = z.infer<typeof call>;
export type Party = z.infer<typeof party>;
export type Client = z.infer<typeof client>;
export type Language = (typeof LANGUAGES)[number];
export type NotificationTemplates = NonNullable<Extract<Down, { type: 'welcome' }>['notification']>;
export type CallState = Call['state'];
export type EndReason = NonNullable<Call['endReason']>;
/** Where a receiver stands in an extension's lines. */
export type Position = z.infer<typeof position>;

export const encode = (message: Up | Down): string => JSON.stringify(message);

/** The protocol of a hello whose rest may be of a later one; null: no hello. */
export const protocolOfHello = (frame: string): number | null => decode(anyHello, frame)?.protocol ?? null;

/** What the relay makes of a frame; null: malformed or unknown, to be refused with `CLOSE.malformed`. */
export const decodeUp = (frame: string): Up | null => decode(up, frame);

/** What the add-on makes of a frame; null: malformed or unknown, to be ignored. */
export const decodeDown = (frame: string): Down | null => decode(down, frame);

function decode<T>(schema: z.ZodMiniType<T>, frame: string): T | null {
  try {
    const result = schema.safeParse(JSON.parse(frame));
    return result.success ? result.data : null;
  } catch {
    return null; // not JSON: one more way to be malformed
  }
}
