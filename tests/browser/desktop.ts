// The desktop as a test sees it: a private session bus with an `org.freedesktop.Notifications` server in this process
// that records what every program shows and clears, and can act as the person who clicks or dismisses. Browsers send
// their notifications there, headless too. Called by the browser tests and the demo.
// [Desktop Notifications Specification 1.2]
import { existsSync, readFileSync } from 'node:fs';
import dbus from 'dbus-next';
import type { Message, Variant } from 'dbus-next';
import * as z from 'zod';
import { Bell, now } from '../lab/until.ts';
import { openBus } from './bus.ts';
import { within } from './wait.ts';

const NAME = 'org.freedesktop.Notifications';
const PATH = '/org/freedesktop/Notifications';
const CONNECT_MS = 5_000;
const WAIT_MS = 10_000;
const MAX_ENTRIES = 1_000;
/** What this desktop says it can do; without `body-markup` programs send plain text. */
const CAPABILITIES = ['actions', 'body', 'icon-static', 'persistence'];
/** Why a notification went [NotificationClosed]. */
const CLOSED = { byPerson: 2, byProgram: 3 } as const;

export interface Icon {
  width: number;
  height: number;
  /** A PNG file's content, or raw pixels row by row. */
  bytes: Buffer;
}

export interface Notification {
  id: number;
  program: string;
  title: string;
  text: string;
  icon: Icon | null;
  actions: { key: string; label: string }[];
  /** 0 low, 1 normal, 2 critical. */
  urgency: number;
  /** It took the place of an earlier one with the same id. */
  isUpdate: boolean;
  /** When the message came off the bus: ms since 1970 with fractions. */
  arrivedAt: number;
}

/** One thing that happened on the desktop. */
export type Happening =
  | { what: 'shown'; notification: Notification }
  | { what: 'cleared'; id: number; by: 'program' | 'person'; at: number };

/** Every given part must match: a string wholly, a pattern anywhere. */
export type Wanted =
  { title?: string | RegExp; text?: string | RegExp } | ((notification: Notification) => boolean);

export interface Desktop {
  /** For `DBUS_SESSION_BUS_ADDRESS` of the programs that shall show their notifications here. */
  readonly busAddress: string;
  /** Those on the screen now, oldest first. */
  readonly notifications: readonly Notification[];
  /** What happened so far, oldest first; at most the last 1000. */
  readonly history: readonly Happening[];
  /** The notification wanted, if it is on the screen or comes within `withinMs` (10 s). */
  shows(wanted: Wanted, withinMs?: number): Promise<Notification>;
  /** Returns once that notification is no longer on the screen. */
  clears(id: number, withinMs?: number): Promise<void>;
  /** The person clicks the notification (or the button `action` of it), which closes it. */
  click(id: number, action?: string): void;
  /** The person closes it unread. */
  dismiss(id: number): void;
  close(): Promise<void>;
}

/** Starts the desktop; `tell` hears of everything as it happens. */
export async function openDesktop(tell: (happening: Happening) => void = () => undefined): Promise<Desktop> {
  const bus = await openBus();
  const connection = dbus.sessionBus({ busAddress: bus.address });
  const failed = new Promise<never>((_, reject) => {
    connection.on('error', (error: Error) => reject(new Error(`session bus: ${error.message}`)));
  });
  failed.catch(() => undefined); // after the start the browsers' silence tells it: the waits below name what is missing

  const screen = new Map<number, Notification>();
  /** The program on the bus that showed it. */
  const senders = new Map<number, string>();
  const history: Happening[] = [];
  const changed = new Bell();
  let lastId = 0;

  const record = (happening: Happening) => {
    history.push(happening);
    if (history.length > MAX_ENTRIES) history.shift();
    tell(happening);
    changed.ring();
  };
  const signal = (member: string, signature: string, body: unknown[]) =>
    connection.send(dbus.Message.newSignal(PATH, NAME, member, signature, body));
  const take = (id: number, by: 'program' | 'person') => {
    if (!screen.delete(id)) return;
    senders.delete(id);
    signal('NotificationClosed', 'uu', [id, by === 'person' ? CLOSED.byPerson : CLOSED.byProgram]);
    record({ what: 'cleared', id, by, at: now() });
  };

  /** The answer to each method of the interface: signature and body. */
  const methods: Record<string, (body: unknown[], sender: string) => [signature: string, body: unknown[]]> = {
    GetCapabilities: () => ['as', [CAPABILITIES]],
    GetServerInformation: () => ['ssss', ['Ringcue test desktop', 'Ringcue', '1', '1.2']],
    Notify: (body, sender) => {
      const replaced = z.int().parse(body[1]);
      const notification = readNotify(body, replaced || ++lastId, screen.has(replaced));
      screen.set(notification.id, notification);
      senders.set(notification.id, sender);
      record({ what: 'shown', notification });
      return ['u', [notification.id]];
    },
    CloseNotification: (body) => {
      take(z.int().parse(body[0]), 'program');
      return ['', []];
    },
  };
  connection.addMethodHandler((message: Message) => {
    const answer = message.interface === NAME ? methods[message.member] : undefined;
    if (answer === undefined) return false;
    connection.send(dbus.Message.newMethodReturn(message, ...answer(message.body, message.sender)));
    return true;
  });

  const onScreen = (): string => {
    const lines = [...screen.values()].map((n) => `  ${n.id} "${n.title}" / "${n.text}"`);
    return lines.length === 0 ? 'nothing' : `\n${lines.join('\n')}`;
  };
  const waitFor = <T>(look: () => T | undefined, what: string, deadlineMs = WAIT_MS) =>
    changed.until(look, { what, deadlineMs, story: () => `On the screen: ${onScreen()}` });

  /**
   * A program that has answered a later message knows the number of its notification; before, it takes no click on it.
   * No person is that fast.
   */
  const hasHeard = async (program: string): Promise<void> => {
    const ping = { destination: program, path: '/', interface: 'org.freedesktop.DBus.Peer', member: 'Ping' };
    await within(
      WAIT_MS,
      `${program} answers`,
      connection.call(new dbus.Message(ping)).catch(() => null),
    );
  };

  const close = async () => {
    connection.disconnect();
    await bus.close();
  };
  try {
    const connected = new Promise<void>((resolve) => connection.on('connect', resolve));
    await within(CONNECT_MS, 'the session bus', Promise.race([connected, failed]));
    await within(CONNECT_MS, 'the name on the bus', connection.requestName(NAME, dbus.NameFlag.DO_NOT_QUEUE));
  } catch (error) {
    await close();
    throw error;
  }
  return {
    busAddress: bus.address,
    get notifications() {
      return [...screen.values()];
    },
    history,
    shows: async (wanted, ms) => {
      const matches = matcher(wanted);
      const shown = await waitFor(() => [...screen.values()].find(matches), `shows ${describe(wanted)}`, ms);
      await hasHeard(senders.get(shown.id) ?? '');
      return shown;
    },
    clears: async (id, ms) => {
      await waitFor(() => !screen.has(id) || undefined, `clears notification ${id}`, ms);
    },
    click: (id, action = 'default') => {
      if (!screen.has(id)) throw new Error(`no notification ${id} to click; on the screen: ${onScreen()}`);
      signal('ActionInvoked', 'us', [id, action]);
      take(id, 'person');
    },
    dismiss: (id) => take(id, 'person'),
    close,
  };
}

/** Notify(app_name, replaces_id, app_icon, summary, body, actions, hints, expire_timeout) */
const notifyBody = z.tuple([
  z.string(),
  z.int(),
  z.string(),
  z.string(),
  z.string(),
  z.array(z.string()),
  z.record(z.string(), z.custom<Variant>()),
  z.int(),
]);

function readNotify(body: unknown[], id: number, isUpdate: boolean): Notification {
  const arrivedAt = now();
  const [program, , , title, text, actions, hints] = notifyBody.parse(body);
  return {
    id,
    program,
    title,
    text,
    icon: readIcon(hints),
    actions: actions.flatMap((key, at) => (at % 2 === 0 ? [{ key, label: actions[at + 1] ?? '' }] : [])),
    urgency: z.int().catch(1).parse(hints['urgency']?.value),
    isUpdate,
    arrivedAt,
  };
}

/** Firefox sends pixels, Chromium the path of a PNG that it removes with the notification, so it is read at once. */
function readIcon(hints: Record<string, Variant>): Icon | null {
  const pixels = z
    .tuple([z.int(), z.int(), z.int(), z.boolean(), z.int(), z.int(), z.instanceof(Buffer)])
    .safeParse(hints['image-data']?.value);
  if (pixels.success) return { width: pixels.data[0], height: pixels.data[1], bytes: pixels.data[6] };
  const path = z.string().safeParse(hints['image-path']?.value);
  if (!path.success) return null;
  const file = path.data.replace(/^file:\/\//, '');
  if (!existsSync(file)) return null; // it was gone again before we could look
  const bytes = readFileSync(file);
  return { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20), bytes }; // [PNG 11.2.2 IHDR]
}

function matcher(wanted: Wanted): (notification: Notification) => boolean {
  if (typeof wanted === 'function') return wanted;
  const matches = (part: string | RegExp | undefined, text: string) =>
    part === undefined || (typeof part === 'string' ? part === text : part.test(text));
  return ({ title, text }) => matches(wanted.title, title) && matches(wanted.text, text);
}

const describe = (wanted: Wanted): string =>
  typeof wanted === 'function'
    ? wanted.toString()
    : Object.entries(wanted)
        .map(([part, value]) => `${part} ${String(value)}`)
        .join(', ');
