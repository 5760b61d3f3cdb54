// One attempt at an AMI session: connect, log in, ask with deadlines, notice silence. The only door to asterisk-manager,
// and the place that makes good its defects (each has a test in tests/unit/ami-connection.test.ts):
// one Manager per attempt, as a half-read packet would survive its reconnect; our own dispatch in place of its
// `rawevent` listener, as that emits names chosen by the far side (`Event: rawevent` spins for ever, `Event: close`
// closes); our own action ids, deadlines and values, as its are predictable, missing and unescaped; a gate before its
// reader, as one line can stop that; our own socket, as it knows no TLS and keeps its own to itself.
import net from 'node:net';
import type { Socket } from 'node:net';
import createManager from 'asterisk-manager';
import readerParts from 'asterisk-manager/lib/utils.js';
import { createGate, piecesOf } from './gate.ts';
import { read, safeValue } from './packet.ts';
import type { Packet } from './packet.ts';
import { openAmiSocket } from './socket.ts';
import type { AmiPlace } from './socket.ts';
import { explainTlsFault } from './tls-fault.ts';

export type AmiAccount = AmiPlace & { username: string; secret: string };

export type AmiErrorCode =
  | 'ami.unreachable' // no connection within the deadline
  | 'ami.tls-refused' // the certificate is not to be trusted, or no TLS is spoken
  | 'ami.no-answer' // connected, but a login, action or ping went unanswered
  | 'ami.login-refused'
  | 'ami.permission-denied' // logged in, but the account lacks a right
  | 'ami.action-refused'
  | 'ami.too-much' // an answer beyond its bound
  | 'ami.closed';

/** What went wrong with the PBX, for people; `code` is for programs. */
export class AmiError extends Error {
  readonly code: AmiErrorCode;
  constructor(code: AmiErrorCode, message: string) {
    super(message);
    this.name = 'AmiError';
    this.code = code;
  }
}

export type AmiConnection = {
  /** The reply to one action. Rejects with an AmiError; an unanswered action closes the connection. */
  ask(action: string, fields?: Record<string, string>): Promise<Packet>;
  /** The rows of a list action, its closing packet last, each read as it comes: 5,000 are not kept. Rejects like `ask`. */
  askList<T>(action: string, read: (packet: Packet) => T, fields?: Record<string, string>): Promise<T[]>;
  /** Says Logoff if it can, then closes. Never rejects. */
  logOff(): Promise<void>;
};

export type AmiOptions = {
  /** Every packet that answers no action of ours: events, and what looks like nothing at all. */
  onPacket(packet: Packet): void;
  /** A listener threw: told, and the next packet is read all the same. */
  onListenerError(error: unknown): void;
  /** Once, when a connection that had been opened is over, for whatever reason. */
  onClose(error: AmiError): void;
  /** Unpredictable text without spaces: strangers must not be able to forge replies. */
  randomId(): string;
  /** Ends an attempt at once that is not logged in yet. */
  signal: AbortSignal;
  connectDeadlineMs: number;
  answerDeadlineMs: number;
  pingEveryMs: number;
  maxRows?: number;
};

// The package takes a regular expression to each key, a fifth of its reader's time; this does the same.
readerParts.removeSpaces = (text) => text.trim();

/** As many channels as the switchboard takes. 20 to 40 µs and 410 bytes each: far above any PBX, far below what hurts. */
const MAX_ROWS = 20_000;
const MAX_OPEN_ACTIONS = 64;

type OpenAction = {
  name: string;
  isList: boolean;
  /** Keeps what is told; returns how much that is. */
  keep(packet: Packet): number;
  timer: NodeJS.Timeout;
  resolve(): void;
  reject(error: AmiError): void;
};

/** Connects and logs in. Rejects with an AmiError; then nothing is left open. */
export function connectAmi(account: AmiAccount, options: AmiOptions): Promise<AmiConnection> {
  return new Promise((resolve, reject) => {
    const { maxRows = MAX_ROWS, signal } = options;
    if (signal.aborted) return reject(new AmiError('ami.closed', 'stopped'));
    const socket = openOrFail(account, () => onConnected());
    if (socket instanceof AmiError) return reject(socket);
    const manager = createManager(null, '', safeValue(account.username), safeValue(account.secret), false);
    const openActions = new Map<string, OpenAction>();
    const idPrefix = options.randomId();
    let idsMade = 0;
    let state: 'connecting' | 'logging-in' | 'open' | 'closed' = 'connecting';
    /** The login is answered; the package says so a turn later, and events may come before that. */
    let isAccepted = false;
    let socketError: Error | null = null;

    const place = `${account.host}:${account.port}`;
    const giveUpIn = (ms: number, code: AmiErrorCode, what: string): NodeJS.Timeout =>
      setTimeout(() => close(new AmiError(code, `${what} within ${ms} ms`)), ms);
    let attemptTimer = giveUpIn(options.connectDeadlineMs, 'ami.unreachable', `no connection to ${place}`);
    /** Put off by each reply, so that silence is found by `pingEveryMs + answerDeadlineMs` whenever it began. */
    const pingTimer = setInterval(() => {
      if (state !== 'open') return;
      // An unanswered ping closes the connection by itself, and any other error comes through `onClose`.
      start('Ping', {}, false, asItIs).catch(() => undefined);
    }, options.pingEveryMs);

    const close = (error: AmiError): void => {
      if (state === 'closed') return;
      const wasOpen = state === 'open';
      state = 'closed';
      clearTimeout(attemptTimer);
      clearInterval(pingTimer);
      signal.removeEventListener('abort', stopAttempt);
      for (const action of openActions.values()) {
        clearTimeout(action.timer);
        action.reject(error);
      }
      openActions.clear();
      socket.destroy(); // the package's disconnect half-closes, and waits for ever for a far side that is gone
      if (wasOpen) options.onClose(error);
      else reject(error);
    };

    const stopAttempt = (): void => {
      if (state !== 'open') close(new AmiError('ami.closed', 'stopped'));
    };
    signal.addEventListener('abort', stopAttempt);

    const start = <T>(
      name: string,
      fields: Record<string, string>,
      isList: boolean,
      readPacket: (packet: Packet) => T,
    ): Promise<T[]> =>
      new Promise((resolveAction, rejectAction) => {
        if (state !== 'open')
          return rejectAction(new AmiError('ami.closed', `the connection to ${place} is closed`));
        if (openActions.size >= MAX_OPEN_ACTIONS)
          return rejectAction(
            new AmiError('ami.too-much', `${MAX_OPEN_ACTIONS} actions are waiting for ${place}`),
          );
        const id = `${idPrefix}-${++idsMade}`;
        const timer = giveUpIn(options.answerDeadlineMs, 'ami.no-answer', `${place} did not answer ${name}`);
        const kept: T[] = [];
        openActions.set(id, {
          ...{ name, isList, timer },
          keep: (packet) => kept.push(readPacket(packet)),
          resolve: () => resolveAction(kept),
          reject: rejectAction,
        });
        const safeFields: Record<string, string> = {};
        for (const [key, value] of Object.entries(fields)) safeFields[safeValue(key)] = safeValue(value);
        manager.action({ ...safeFields, action: name, actionid: id });
        manager.removeAllListeners(id); // the package's own wait for the reply, which we do ourselves
      });

    const settle = (id: string, action: OpenAction, error: AmiError | null): void => {
      openActions.delete(id);
      clearTimeout(action.timer);
      if (error) action.reject(error);
      else action.resolve();
    };

    const takeReply = (id: string, action: OpenAction, packet: Packet): void => {
      pingTimer.refresh();
      if (read(packet, 'response') === 'Error')
        return settle(id, action, refusal(account, action.name, packet));
      if (action.isList && read(packet, 'event') === '') return; // `EventList: start`: the rows are to come
      if (action.keep(packet) > maxRows)
        return close(
          new AmiError('ami.too-much', `${place} sent more than ${maxRows} rows to ${action.name}`),
        );
      if (!action.isList || isLast(packet)) settle(id, action, null);
    };

    manager.removeAllListeners('rawevent');
    manager.on('rawevent', (packet) => {
      if (state === 'closed') return;
      const id = read(packet, 'actionid');
      if (state === 'logging-in' && !isAccepted) {
        // The package chose this id; before the login there are no events in which a stranger could forge one.
        if (!/^\d+$/.test(id)) return;
        isAccepted = read(packet, 'response') === 'Success';
        manager.emit(id, isAccepted ? undefined : packet);
        return;
      }
      const action = openActions.get(id);
      // A row with forged lines in it is still ours: its own ActionID comes first, and nobody can guess another.
      if (action) return takeReply(id, action, packet);
      try {
        options.onPacket(packet);
      } catch (error) {
        options.onListenerError(error);
      }
    });
    manager.on('error', (error) => (socketError = error));
    manager.on('close', () =>
      close(
        state === 'connecting'
          ? connectFault(account, socketError)
          : new AmiError(
              'ami.closed',
              `${place} closed the connection${state === 'open' ? '' : ' before it answered the login'}` +
                (socketError ? `: ${socketError.message}` : ''),
            ),
      ),
    );

    const onConnected = (): void => {
      if (state !== 'connecting') return;
      state = 'logging-in';
      clearTimeout(attemptTimer);
      attemptTimer = giveUpIn(options.answerDeadlineMs, 'ami.no-answer', `${place} did not answer the login`);
      manager.login((refused) => {
        if (state !== 'logging-in') return;
        if (refused) return close(loginRefusal(account, refused));
        clearTimeout(attemptTimer);
        state = 'open';
        resolve({
          ask: async (name, fields = {}) => (await start(name, fields, false, asItIs))[0] ?? {},
          askList: (name, readPacket, fields = {}) => start(name, fields, true, readPacket),
          logOff: async () => {
            await start('Logoff', {}, false, asItIs).catch(() => undefined); // closing is all that is wanted
            close(new AmiError('ami.closed', 'logged off'));
          },
        });
      });
    };
    lend(socket, () => manager.connect({ host: account.host, port: account.port }, undefined, nothing));
    const gate = createGate();
    const reader = socket.listeners('data')[0] as (text: string) => void;
    socket.off('data', reader);
    socket.on('data', (piece: string) => {
      const lines = gate(piece);
      if (lines === null)
        close(new AmiError('ami.too-much', `${place} sent a line or block without an end: no AMI?`));
      else for (const block of piecesOf(lines)) reader(block);
    });
  });
}

/** Lets `connect` work on our socket: while it runs, and it waits for nothing, this is what it opens. */
function lend(socket: Socket, connect: () => void): void {
  const opener = net as { createConnection: unknown };
  const { createConnection } = opener;
  try {
    opener.createConnection = () => socket;
    connect();
  } finally {
    opener.createConnection = createConnection;
  }
}

function openOrFail(account: AmiAccount, onReady: () => void): Socket | AmiError {
  try {
    return openAmiSocket(account, onReady);
  } catch (error) {
    return new AmiError(
      'ami.tls-refused',
      `the file of ami.tlsCa cannot be used: ${(error as Error).message}`,
    );
  }
}

const nothing = (): void => undefined;

function connectFault(account: AmiAccount, error: Error | null): AmiError {
  const place = `${account.host}:${account.port}`;
  const tlsFault = error && explainTlsFault(account, error);
  return tlsFault
    ? new AmiError('ami.tls-refused', `no safe connection to ${place}: ${tlsFault.en}`)
    : new AmiError('ami.unreachable', `cannot connect to ${place}: ${error?.message ?? 'closed at once'}`);
}

const asItIs = (packet: Packet): Packet => packet;

/** The closing packet of a list. A row that says so itself is forged: its own Event comes first. */
const isLast = (packet: Packet): boolean =>
  read(packet, 'eventlist').toLowerCase() === 'complete' && /complete$/i.test(read(packet, 'event'));

function refusal(account: AmiAccount, action: string, packet: Packet): AmiError {
  const message = read(packet, 'message');
  return /permission denied/i.test(message)
    ? new AmiError(
        'ami.permission-denied',
        `the AMI account "${account.username}" may not use ${action}: ` +
          'give it "write = reporting" in manager.conf, then run "manager reload"',
      )
    : new AmiError('ami.action-refused', `${action} was refused: ${message.slice(0, 200)}`);
}

const loginRefusal = (account: AmiAccount, packet: Packet): AmiError =>
  new AmiError(
    'ami.login-refused',
    `Asterisk refused the login of "${account.username}" (${read(packet, 'message').slice(0, 100) || 'no reason given'}): ` +
      'compare the name, the secret and the permit lines of that user in manager.conf, then run "manager reload"',
  );
