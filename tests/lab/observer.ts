// An independent witness of what Asterisk says over AMI: a bare socket that stamps the arrival of each message.
// For the lab only (the relay has its own, hardened connection); also sends the operator's actions. [Asterisk AMI]

import { connect, type Socket } from 'node:net';
import type { Account } from './configuration.ts';
import { Bell, DEFAULT_DEADLINE_MS, now } from './until.ts';

/** One block of `Name: value` lines; of a repeated name the first value is kept. */
export interface AmiMessage {
  readonly at: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly text: string;
}

const MESSAGES_KEPT = 20_000;

export class Observer {
  /** what has come, in order: replies, events and rows; the oldest are forgotten */
  readonly messages: AmiMessage[] = [];
  banner = '';
  #follower: (message: AmiMessage) => void = () => undefined;
  readonly #bell = new Bell();
  readonly #socket: Socket;
  #unread = '';
  #lastActionId = 0;
  #isClosed = false;

  private constructor(host: string, port: number) {
    this.#socket = connect(port, host);
    this.#socket.setEncoding('utf8').setNoDelay(true);
    this.#socket.on('data', (chunk: string) => this.#read(chunk));
    this.#socket.on('error', () => this.#close());
    this.#socket.on('close', () => this.#close());
  }

  /** @throws Error when nobody listens or the login is refused */
  static async connect(
    host: string,
    port: number,
    account: Account,
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<Observer> {
    const observer = new Observer(host, port);
    try {
      await observer.#until(() => observer.banner !== '', 'the AMI greets', deadlineMs);
      const { username, secret } = account;
      const reply = await observer.ask({ Action: 'Login', Username: username, Secret: secret }, deadlineMs);
      if (reply.fields['Response'] !== 'Success') throw new Error(`AMI refused ${username}: ${reply.text}`);
      return observer;
    } catch (error) {
      observer.close();
      throw error;
    }
  }

  /** Sends an action and gives its reply (not the events that follow it). */
  async ask(action: Readonly<Record<string, string>>, deadlineMs = DEFAULT_DEADLINE_MS): Promise<AmiMessage> {
    const id = `lab-${++this.#lastActionId}`;
    const lines = Object.entries({ ...action, ActionID: id }).map(([name, value]) => `${name}: ${value}\r\n`);
    this.#socket.write(`${lines.join('')}\r\n`);
    const isReply = (message: AmiMessage) =>
      message.fields['ActionID'] === id && 'Response' in message.fields;
    return this.#until(
      () => this.messages.find(isReply),
      `AMI answers ${action['Action'] ?? ''}`,
      deadlineMs,
    );
  }

  /** Waits for an event (or takes the first that has come) that has all these values and is not older than `since`. */
  event(
    expected: Readonly<Record<string, string>>,
    { since = 0, deadlineMs = DEFAULT_DEADLINE_MS } = {},
  ): Promise<AmiMessage> {
    const fits = ({ at, fields }: AmiMessage) =>
      at >= since && Object.entries(expected).every(([name, value]) => fields[name] === value);
    return this.#until(() => this.messages.find(fits), `AMI event ${JSON.stringify(expected)}`, deadlineMs);
  }

  /** Tells of each message that has come and of each that comes, for one who must miss none. */
  follow(follower: (message: AmiMessage) => void): void {
    this.#follower = follower;
    this.messages.forEach(follower);
  }

  /** Reads what its Asterisk has still said before it died. */
  async readsToTheEnd(deadlineMs = DEFAULT_DEADLINE_MS): Promise<void> {
    await this.#bell.until(() => this.#isClosed, { what: 'the AMI connection ends', deadlineMs });
  }

  close(): void {
    this.#socket.destroy();
    this.#close();
  }

  #until<T>(look: () => T | undefined | false, what: string, deadlineMs: number): Promise<T> {
    const story = () =>
      this.messages
        .slice(-5)
        .map(({ text }) => text)
        .join('\n\n');
    const lookWhileOpen = () => {
      const seen = look();
      if (seen === undefined || seen === false) {
        if (this.#isClosed) throw new Error(`${what}: the AMI connection was closed`);
      }
      return seen;
    };
    return this.#bell.until(lookWhileOpen, { what, deadlineMs, story });
  }

  #read(chunk: string): void {
    const at = now();
    this.#unread += chunk;
    if (this.banner === '') {
      const end = this.#unread.indexOf('\n');
      if (end < 0) return;
      this.banner = this.#unread.slice(0, end).trim();
      this.#unread = this.#unread.slice(end + 1);
    }
    const blocks = this.#unread.split(/\r?\n\r?\n/);
    this.#unread = blocks.pop() ?? '';
    for (const text of blocks) {
      const fields: Record<string, string> = {};
      for (const line of text.split(/\r?\n/)) {
        const colon = line.indexOf(':');
        if (colon > 0) fields[line.slice(0, colon)] ??= line.slice(colon + 1).trim();
      }
      const message = { at, fields, text };
      this.messages.push(message);
      this.#follower(message);
    }
    if (this.messages.length > MESSAGES_KEPT) this.messages.splice(0, MESSAGES_KEPT / 2);
    this.#bell.ring();
  }

  #close(): void {
    this.#isClosed = true;
    this.#bell.ring();
  }
}
