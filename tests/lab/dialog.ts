// One SIP dialog: who the two ends are, and the messages between them that need no thought. No state of the call; lab/call.ts has that.
// [RFC 3261 12 dialogs, 9.1 CANCEL, 13.2.2 ACK, 22 passwords; RFC 3891 Replaces]

import type { SipAgent } from './sip.ts';
import {
  ALLOW,
  branchOf,
  header,
  parseAddress,
  sequence,
  tagOf,
  type Address,
  type Header,
  type SipRequest,
  type SipResponse,
} from './sip-message.ts';

export class Dialog {
  readonly callId: string;
  /** the other side, as the INVITE names it */
  readonly remote: Address;
  /** the INVITE that began it; with a password, once one was asked for */
  invite: SipRequest;
  readonly #agent: SipAgent;
  readonly #isIncoming: boolean;
  readonly #contact: Header;
  readonly #localTag: string;
  readonly #local: string;
  #remoteHeader: string;
  #remoteTarget: string;
  #sequence = 1;
  #lastReply: SipResponse | null = null;

  /** @param user our own user part in Contact */
  constructor(agent: SipAgent, invite: SipRequest, direction: 'incoming' | 'outgoing', user: string) {
    this.#agent = agent;
    this.invite = invite;
    this.#isIncoming = direction === 'incoming';
    this.#contact = ['Contact', agent.contact(user)];
    this.callId = header(invite, 'Call-ID');
    this.#remoteHeader = header(invite, this.#isIncoming ? 'From' : 'To');
    this.remote = parseAddress(this.#remoteHeader);
    const local = header(invite, this.#isIncoming ? 'To' : 'From');
    this.#localTag = tagOf(local) ?? agent.newToken();
    this.#local = this.#isIncoming ? `${local};tag=${this.#localTag}` : local;
    this.#remoteTarget = this.#isIncoming ? parseAddress(header(invite, 'Contact')).uri : invite.uri;
  }

  /** Is this the INVITE that began the dialog, sent once more? */
  isRepeated(request: SipRequest): boolean {
    return this.#isIncoming && branchOf(request) === branchOf(this.invite);
  }

  /** Sends a request within the dialog and gives its final response; a password is given if asked for. */
  async ask(method: string, more: readonly Header[] = [], body = ''): Promise<SipResponse> {
    const request = this.#request(method, ++this.#sequence, [this.#contact, ALLOW, ...more], body);
    const response = await this.#agent.ask(request);
    if (response.status !== 401 && response.status !== 407) return response;
    if (method === 'INVITE') this.acknowledge(response);
    return this.#agent.ask(this.#withPassword(request, response));
  }

  /** ACK: a refusal's belongs to the INVITE's own transaction, a 200's is a new one. [RFC 3261 17.1.1.3] */
  acknowledge(response: SipResponse): void {
    const isRefusal = response.status >= 300;
    const branch = isRefusal ? branchOf(response) : undefined;
    const ack = this.#request('ACK', sequence(response).number, [], '', branch);
    const to = header(response, 'To');
    const headers = ack.headers.map(([name, value]): Header => [name, name === 'To' ? to : value]);
    const isFirst = branch === branchOf(this.invite);
    this.#agent.transmit({ ...ack, uri: isFirst ? this.invite.uri : this.#remoteTarget, headers });
  }

  /** The INVITE was accepted: from now on requests go to whom it has reached. */
  accept(response: SipResponse): void {
    this.#remoteHeader = header(response, 'To');
    this.#remoteTarget = parseAddress(header(response, 'Contact')).uri || this.#remoteTarget;
  }

  /** Prepares the INVITE anew, with the password. @returns false when one was given already or there is none */
  authorize(response: SipResponse): boolean {
    const isAsked = response.status === 401 || response.status === 407;
    if (!isAsked || this.#sequence > 1 || !this.#agent.credentials) return false;
    this.invite = this.#withPassword(this.invite, response);
    return true;
  }

  /** Gives the INVITE up; its own final response, 487, comes separately. */
  async cancel(): Promise<void> {
    const same = (name: string): Header => [name, header(this.invite, name)];
    const headers: Header[] = [
      same('Via'),
      ['Max-Forwards', '70'],
      same('From'),
      same('To'),
      same('Call-ID'),
    ];
    const number = sequence(this.invite).number;
    headers.push(['CSeq', `${number} CANCEL`]);
    await this.#agent.ask({ kind: 'request', method: 'CANCEL', uri: this.invite.uri, headers, body: '' });
  }

  /** Answers the INVITE that began the dialog. */
  reply(status: number, reason: string, body = '', more: readonly Header[] = []): void {
    const headers = this.#describe(more, body);
    this.#lastReply = this.#agent.reply(this.invite, status, reason, headers, body, this.#localTag);
  }

  repeatReply(): void {
    if (this.#lastReply) this.#agent.transmit(this.#lastReply);
  }

  /** Answers another request within the dialog with 200. */
  agree(request: SipRequest, body = ''): void {
    this.#agent.reply(request, 200, 'OK', this.#describe([], body), body);
  }

  /** REFER: asks Asterisk to connect the other side with somebody else. @param target a Refer-To value */
  refer(target: string): Promise<SipResponse> {
    return this.ask('REFER', [
      ['Refer-To', target],
      ['Referred-By', this.#local.replace(/;tag=.*$/, '')],
    ]);
  }

  /** It rings there: who rings is known from now on, so that the dialog can be replaced before it is answered. */
  heardRinging(response: SipResponse): void {
    if (tagOf(header(response, 'To')) !== null) this.#remoteHeader = header(response, 'To');
  }

  /** The Refer-To value that replaces this dialog, for an attended transfer. */
  replacement(): string {
    const replaces = `${this.callId};to-tag=${tagOf(this.#remoteHeader) ?? ''};from-tag=${this.#localTag}`;
    const { host, port } = this.#agent.server;
    return `<sip:${this.remote.user}@${host}:${port}?Replaces=${encodeURIComponent(replaces)}>`;
  }

  #withPassword(request: SipRequest, challenge: SipResponse): SipRequest {
    const next = this.#agent.authorized(request, challenge);
    const numbered = `${++this.#sequence} ${request.method}`;
    const headers = next.headers.map(([name, value]): Header => [name, name === 'CSeq' ? numbered : value]);
    return { ...next, headers };
  }

  #describe(more: readonly Header[], body: string): Header[] {
    const hasContact = more.some(([name]) => name === 'Contact');
    const type: Header[] = body === '' ? [] : [['Content-Type', 'application/sdp']];
    return [...(hasContact ? [] : [this.#contact]), ALLOW, ...more, ...type];
  }

  #request(
    method: string,
    number: number,
    more: readonly Header[],
    body: string,
    branch?: string,
  ): SipRequest {
    const headers: Header[] = [
      this.#agent.via(branch),
      ['Max-Forwards', '70'],
      ['From', this.#local],
      ['To', this.#remoteHeader],
      ['Call-ID', this.callId],
      ['CSeq', `${number} ${method}`],
      ...more,
    ];
    return { kind: 'request', method, uri: this.#remoteTarget, headers, body };
  }
}
