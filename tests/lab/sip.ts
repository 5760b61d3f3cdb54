// A SIP user agent over UDP: one socket, its registration, its transactions, and the dialogs (calls) that go over it. [RFC 3261 10, 17, 18]
// Called by lab/call.ts and lab/office.ts: each phone has one, and the trunk has one for the whole outside world.
// Every message seen is kept with its time, so that a wait that fails can tell what happened instead.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { answerChallenge, type Credentials } from './digest.ts';
import {
  ALLOW,
  branchOf,
  formatSip,
  header,
  headers,
  parseSip,
  sequence,
  summary,
  type Header,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './sip-message.ts';
import { Bell, DEFAULT_DEADLINE_MS, now } from './until.ts';

export interface Seen {
  /** milliseconds since 1970, with a fraction */
  readonly at: number;
  /** `→ INVITE sip:…` sent, `← 180 Ringing (INVITE)` received, or what its owner did */
  readonly text: string;
  /** the call that it belongs to; '' for none */
  readonly callId: string;
}

export interface Server {
  readonly host: string;
  readonly port: number;
}

export interface AgentOptions {
  /** the address to listen at; the port is the system's choice */
  readonly host: string;
  /** for the log only */
  readonly label: string;
  readonly credentials?: Credentials;
  /** what a call that comes in becomes */
  readonly onInvite: (invite: SipRequest, at: number) => void;
}

/** A call in the eyes of the agent: whoever takes the requests of one Call-ID. */
export interface RequestTaker {
  readonly callId: string;
  receive(request: SipRequest): void;
  /** the plug is pulled: let go of everything, send nothing */
  abandon(): void;
}

const FIRST_RETRANSMISSION_MS = 500;
const SEEN_KEPT = 500;

interface Pending {
  readonly request: SipRequest;
  readonly onResponse: (response: SipResponse) => void;
  /** stops repeating the request */
  stop(): void;
}

export class SipAgent {
  readonly label: string;
  readonly host: string;
  readonly port: number;
  readonly bell = new Bell();
  /** what was sent, received and done, the newest last; bounded */
  readonly timeline: Seen[] = [];
  readonly calls = new Set<RequestTaker>();
  readonly credentials: Credentials | undefined;
  server: Server = { host: '127.0.0.1', port: 5060 };
  readonly #socket: Socket;
  readonly #onInvite: AgentOptions['onInvite'];
  readonly #pending = new Map<string, Pending>();
  #isClosed = false;

  private constructor(socket: Socket, options: AgentOptions) {
    this.#socket = socket;
    this.label = options.label;
    this.host = options.host;
    this.port = socket.address().port;
    this.credentials = options.credentials;
    this.#onInvite = options.onInvite;
    socket.on('message', (data, from) => this.#receive(data, from));
    socket.on('error', (error) => this.note(`socket: ${error.message}`));
  }

  static async open(options: AgentOptions): Promise<SipAgent> {
    const socket = createSocket('udp4');
    socket.bind(0, options.host);
    await once(socket, 'listening');
    return new SipAgent(socket, options);
  }

  /** Ends without a word, as when the plug is pulled. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const pending of this.#pending.values()) pending.stop();
    for (const call of this.calls) call.abandon();
    this.#socket.close();
  }

  /** Puts a line into the timeline and wakes whoever waits. */
  note(text: string, { at = now(), callId = '' } = {}): void {
    this.#remember({ at, text, callId });
    this.bell.ring();
  }

  /** The last moments, for an error's message. */
  story(): string {
    return `${this.label} saw last:\n${tell(this.timeline)}`;
  }

  until<T>(
    what: string,
    look: () => T | undefined | null | false,
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<T> {
    return this.bell.until(look, { what: `${this.label} ${what}`, deadlineMs, story: () => this.story() });
  }

  newToken(): string {
    return randomBytes(6).toString('hex');
  }

  contact(user: string): string {
    return `<sip:${user}@${this.host}:${this.port}>`;
  }

  via(branch = `z9hG4bK${this.newToken()}`): Header {
    return ['Via', `SIP/2.0/UDP ${this.host}:${this.port};branch=${branch};rport`];
  }

  /** Tells the registrar where this phone is, for an hour; 0 seconds: that it has gone. */
  async register(seconds = 3600): Promise<void> {
    const { username } = this.credentials ?? { username: 'nobody' };
    const address = `sip:${username}@${this.server.host}`;
    const build = (number: number): SipRequest => ({
      kind: 'request',
      method: 'REGISTER',
      uri: `sip:${this.server.host}:${this.server.port}`,
      headers: [
        this.via(),
        ['Max-Forwards', '70'],
        ['From', `<${address}>;tag=${tag}`],
        ['To', `<${address}>`],
        ['Call-ID', callId],
        ['CSeq', `${number} REGISTER`],
        ['Contact', this.contact(username)],
        ['Expires', String(seconds)],
      ],
      body: '',
    });
    const [tag, callId] = [this.newToken(), this.newToken()];
    let response = await this.ask(build(1));
    if (response.status === 401) response = await this.ask(this.authorized(build(2), response));
    if (response.status !== 200)
      throw new Error(`${this.label} was not registered: ${summary(response)}\n${this.story()}`);
  }

  /** Sends a request, repeats it as UDP demands, and gives the final response. */
  async ask(request: SipRequest, deadlineMs = DEFAULT_DEADLINE_MS): Promise<SipResponse> {
    let final: SipResponse | null = null;
    const stop = this.send(request, (response) => {
      if (response.status >= 200) final = response;
    });
    try {
      return await this.until<SipResponse>(`gets an answer to ${summary(request)}`, () => final, deadlineMs);
    } finally {
      stop();
    }
  }

  /** Sends a request and repeats it until something comes back. @returns stops repeating and forgets it */
  send(request: SipRequest, onResponse: (response: SipResponse) => void): () => void {
    const key = `${branchOf(request)} ${request.method}`;
    const stopRepeating = this.repeat(() => this.transmit(request));
    this.#pending.set(key, { request, onResponse, stop: stopRepeating });
    return () => {
      stopRepeating();
      this.#pending.delete(key);
    };
  }

  /** Transmits now and again after 0.5, 1.5, 3.5 … s until stopped; at most 7 times. [RFC 3261 17.1.1.2] */
  repeat(transmit: () => void): () => void {
    let waitMs = FIRST_RETRANSMISSION_MS;
    let timer: NodeJS.Timeout | null = null;
    const next = () => {
      transmit();
      if (waitMs <= FIRST_RETRANSMISSION_MS * 32) timer = setTimeout(next, waitMs);
      waitMs *= 2;
    };
    next();
    return () => {
      if (timer) clearTimeout(timer);
      waitMs = Infinity;
    };
  }

  transmit(message: SipMessage, to: Server = this.server): void {
    if (this.#isClosed) return;
    const data = Buffer.from(formatSip(message));
    this.#socket.send(data, to.port, to.host, () => undefined); // Asterisk may be gone: then no answer comes, which is told
    this.note(`→ ${summary(message)}`, { callId: header(message, 'Call-ID') });
  }

  /** Answers a request: the headers that must come back do, the rest is given. */
  reply(
    request: SipRequest,
    status: number,
    reason: string,
    more: readonly Header[] = [],
    body = '',
    toTag = '',
  ): SipResponse {
    const to = header(request, 'To');
    const response: SipResponse = {
      kind: 'response',
      status,
      reason,
      headers: [
        ...headers(request, 'Via').map((value): Header => ['Via', value]),
        ['From', header(request, 'From')],
        ['To', toTag === '' ? to : `${to};tag=${toTag}`],
        ['Call-ID', header(request, 'Call-ID')],
        ['CSeq', header(request, 'CSeq')],
        ...more,
      ],
      body,
    };
    this.transmit(response);
    return response;
  }

  /** The same request once more, in a new transaction, with the answer to the server's challenge. */
  authorized(request: SipRequest, challenge: SipResponse): SipRequest {
    if (!this.credentials)
      throw new Error(`${this.label} was asked for a password and has none\n${this.story()}`);
    const isProxy = challenge.status === 407;
    const value = answerChallenge(
      header(challenge, isProxy ? 'Proxy-Authenticate' : 'WWW-Authenticate'),
      this.credentials,
      {
        method: request.method,
        uri: request.uri,
        clientNonce: this.newToken(),
      },
    );
    const kept = request.headers.filter(([name]) => name !== 'Via' && !name.endsWith('Authorization'));
    return {
      ...request,
      headers: [this.via(), ...kept, [isProxy ? 'Proxy-Authorization' : 'Authorization', value]],
    };
  }

  #receive(data: Buffer, from: RemoteInfo): void {
    const message = parseSip(data.toString());
    if (!message) return;
    const at = now();
    if (from.port !== this.server.port) {
      this.note(`ignored ${summary(message)} from a stranger at port ${from.port}`, { at });
      return;
    }
    // Noted first, but told last: whoever wakes must see what the message has changed.
    this.#remember({ at, text: `← ${summary(message)}`, callId: header(message, 'Call-ID') });
    if (message.kind === 'response') this.#receiveResponse(message);
    else this.#receiveRequest(message, at);
    this.bell.ring();
  }

  #receiveResponse(response: SipResponse): void {
    const pending = this.#pending.get(`${branchOf(response)} ${sequence(response).method}`);
    if (!pending) return;
    pending.stop();
    pending.onResponse(response);
  }

  #receiveRequest(request: SipRequest, at: number): void {
    const callId = header(request, 'Call-ID');
    const call = [...this.calls].find((candidate) => candidate.callId === callId);
    if (call) call.receive(request);
    else if (request.method === 'INVITE') this.#onInvite(request, at);
    else if (['OPTIONS', 'NOTIFY', 'INFO', 'MESSAGE'].includes(request.method))
      this.reply(request, 200, 'OK', [ALLOW]);
    else if (request.method !== 'ACK') this.reply(request, 481, 'Call/Transaction Does Not Exist');
  }

  #remember(seen: Seen): void {
    this.timeline.push(seen);
    if (this.timeline.length > SEEN_KEPT) this.timeline.splice(0, SEEN_KEPT / 2);
  }
}

/** The last lines of a timeline, with their age. */
export function tell(timeline: readonly Seen[]): string {
  const end = now();
  const lines = timeline
    .slice(-12)
    .map(({ at, text }) => `  ${(at - end).toFixed(0).padStart(7)} ms  ${text}`);
  return lines.join('\n') || '  nothing';
}
