// One call as one SIP end sees it: its state and its sound; its messages are lab/dialog.ts's. Made and driven by lab/person.ts.
//   incoming: offered → ringing → up → ended        outgoing: dialing → ringing → up → ended
// [RFC 3261 13 INVITE, 14 re-INVITE, 15 BYE; RFC 3264 offer and answer; RFC 3515 REFER]

import { Dialog } from './dialog.ts';
import { RtpStream } from './rtp.ts';
import { answerDirection, formatSdp, parseSdp, type MediaDirection } from './sdp.ts';
import type { RequestTaker, SipAgent } from './sip.ts';
import {
  ALLOW,
  header,
  parseAddress,
  type Address,
  type Header,
  type SipRequest,
  type SipResponse,
} from './sip-message.ts';
import { now } from './until.ts';

export interface CallPlan {
  /** the user part that is dialled */
  readonly target: string;
  /** the whole From value without its tag, e.g. `"Anna" <sip:101@127.0.0.1>` */
  readonly from: string;
  /** our own user part in Contact */
  readonly user: string;
  readonly headers?: readonly Header[];
}

export type CallState = 'dialing' | 'offered' | 'ringing' | 'up' | 'ended';

const SDP_TYPE: Header = ['Content-Type', 'application/sdp'];

export class Call implements RequestTaker {
  readonly direction: 'incoming' | 'outgoing';
  /** when the INVITE came or left, ms since 1970 */
  readonly startedAt: number;
  state: CallState;
  /** the status that ended an INVITE which was never answered, e.g. 486; 0 when there was none */
  endStatus = 0;
  /** the Reason header of the CANCEL or BYE, e.g. `Q.850;cause=26` */
  endReason = '';
  /** who ended it; null while it goes on */
  endedBy: 'us' | 'them' | null = null;
  /** true while the other side has put us on hold */
  isHeldByThem = false;
  isHeldByUs = false;
  /** has the other side confirmed our 200 with its ACK, or we theirs? */
  isConfirmed = false;
  /** how far the transfer that we asked for has come: a SIP status, 0 before anything is known [RFC 3515 2.4.5] */
  referStatus = 0;
  /** has Asterisk said anything to our INVITE? */
  hasResponse = false;
  rtp: RtpStream | null = null;
  readonly #agent: SipAgent;
  readonly #dialog: Dialog;
  #sdpVersion = 1;
  #stopRepeating: () => void = () => undefined;

  private constructor(agent: SipAgent, direction: Call['direction'], dialog: Dialog, at: number) {
    this.#agent = agent;
    this.#dialog = dialog;
    this.direction = direction;
    this.startedAt = at;
    this.state = direction === 'incoming' ? 'offered' : 'dialing';
  }

  /** Takes a call that comes in; nothing is answered yet. */
  static incoming(agent: SipAgent, invite: SipRequest, at: number): Call {
    const dialog = new Dialog(agent, invite, 'incoming', parseAddress(`<${invite.uri}>`).user);
    const call = new Call(agent, 'incoming', dialog, at);
    agent.calls.add(call);
    return call;
  }

  /** Makes a call and sends its INVITE. */
  static async outgoing(agent: SipAgent, plan: CallPlan): Promise<Call> {
    const rtp = await RtpStream.open(agent.host, () => agent.bell.ring());
    const uri = `sip:${plan.target}@${agent.server.host}:${agent.server.port}`;
    const invite: SipRequest = {
      kind: 'request',
      method: 'INVITE',
      uri,
      headers: [
        agent.via(),
        ['Max-Forwards', '70'],
        ['From', `${plan.from};tag=${agent.newToken()}`],
        ['To', `<${uri}>`],
        ['Call-ID', agent.newToken()],
        ['CSeq', '1 INVITE'],
        ['Contact', agent.contact(plan.user)],
        ALLOW,
        ...(plan.headers ?? []),
        SDP_TYPE,
      ],
      body: formatSdp({ host: agent.host, port: rtp.port, direction: 'sendrecv' }, 1),
    };
    const call = new Call(agent, 'outgoing', new Dialog(agent, invite, 'outgoing', plan.user), now());
    call.rtp = rtp;
    agent.calls.add(call);
    call.#sendInvite();
    return call;
  }

  get callId(): string {
    return this.#dialog.callId;
  }

  /** who the other side said it is (incoming) or whom we dialled (outgoing) */
  get remote(): Address {
    return this.#dialog.remote;
  }

  /** whom the caller dialled, as the INVITE says */
  get dialled(): string {
    return parseAddress(`<${this.#dialog.invite.uri}>`).user;
  }

  /** the INVITE of this call, to look at odd headers */
  get request(): SipRequest {
    return this.#dialog.invite;
  }

  // --- what we do ---

  ring(): void {
    if (this.state !== 'offered') return;
    this.state = 'ringing';
    this.#dialog.reply(180, 'Ringing');
  }

  /** Lifts the receiver; settled when Asterisk has confirmed it. */
  async answer(): Promise<void> {
    this.#mustBe('offered', 'ringing');
    const offer = parseSdp(this.#dialog.invite.body);
    this.rtp = await RtpStream.open(this.#agent.host, () => this.#agent.bell.ring());
    // While the port was opened the caller may have gone.
    if (this.#hasEnded()) throw new Error(`${this.#agent.label} lifted too late\n${this.#agent.story()}`);
    this.state = 'up';
    const body = this.#sdp('sendrecv');
    this.#stopRepeating = this.#agent.repeat(() => this.#dialog.reply(200, 'OK', body));
    if (offer) this.rtp.sendTo(offer);
    await this.#agent.until('has its answer confirmed (ACK)', () => this.isConfirmed);
  }

  /** Refuses an offered call, e.g. 486 Busy Here or 603 Decline; settled when Asterisk has confirmed it. */
  async refuse(status: number, reason: string, more: readonly Header[] = []): Promise<void> {
    this.#mustBe('offered', 'ringing');
    this.endStatus = status;
    this.#end('us');
    this.#stopRepeating = this.#agent.repeat(() => this.#dialog.reply(status, reason, '', more));
    await this.#agent.until(`has its ${status} confirmed (ACK)`, () => this.isConfirmed);
  }

  /** Ends what is up (BYE) or was only dialled (CANCEL); settled when Asterisk has confirmed it. */
  async hangUp(): Promise<void> {
    if (this.direction === 'incoming') this.#mustBe('up');
    else this.#mustBe('dialing', 'ringing', 'up');
    if (this.state === 'up') {
      this.#end('us');
      await this.#dialog.ask('BYE');
      this.#forget();
      return;
    }
    this.endedBy = 'us';
    await this.#dialog.cancel();
    await this.#agent.until('gets the end of the call it gave up', () => this.state === 'ended');
  }

  /** Puts the other side on hold or takes it back, by a re-INVITE. */
  async hold(isHeld: boolean): Promise<void> {
    this.#mustBe('up');
    const body = this.#sdp(isHeld ? 'sendonly' : 'sendrecv');
    const response = await this.#dialog.ask('INVITE', [SDP_TYPE], body);
    this.#dialog.acknowledge(response);
    if (response.status !== 200)
      throw new Error(`Hold was refused with ${response.status}\n${this.#agent.story()}`);
    this.isHeldByUs = isHeld;
  }

  /** Asks Asterisk to connect the other side with somebody else. @param target a Refer-To value @returns the final response to REFER */
  refer(target: string): Promise<SipResponse> {
    this.#mustBe('up');
    return this.#dialog.refer(target);
  }

  /** The Refer-To value that replaces this call, for an attended transfer. [RFC 3891] */
  replacement(): string {
    return this.#dialog.replacement();
  }

  /** The plug is pulled: no sound, no words. */
  abandon(): void {
    if (this.state !== 'ended') this.#end('us');
    this.#forget();
  }

  // --- what comes in ---

  receive(request: SipRequest): void {
    switch (request.method) {
      case 'INVITE':
        if (this.#dialog.isRepeated(request)) this.#dialog.repeatReply();
        else if (this.state === 'up') this.#reinvited(request);
        else this.#agent.reply(request, 491, 'Request Pending');
        return;
      case 'ACK':
        this.isConfirmed = true;
        this.#stopRepeating();
        if (this.state === 'ended') this.#forget();
        return;
      case 'CANCEL':
        this.#agent.reply(request, 200, 'OK');
        if (this.state !== 'offered' && this.state !== 'ringing') return;
        this.endReason = header(request, 'Reason');
        this.endStatus = 487;
        this.#end('them');
        this.#stopRepeating = this.#agent.repeat(() => this.#dialog.reply(487, 'Request Terminated'));
        return;
      case 'BYE':
        this.#agent.reply(request, 200, 'OK');
        this.endReason = header(request, 'Reason');
        this.#end('them');
        this.#forget();
        return;
      case 'NOTIFY':
        this.#agent.reply(request, 200, 'OK');
        this.referStatus = Number(/^SIP\/2\.0 (\d{3})/.exec(request.body)?.[1] ?? this.referStatus);
        return;
      default:
        this.#dialog.agree(request); // UPDATE, INFO, OPTIONS
    }
  }

  /** … and again, once a password was asked for. */
  #sendInvite(): void {
    this.#stopRepeating = this.#agent.send(this.#dialog.invite, (response) => this.#inviteAnswered(response));
  }

  #inviteAnswered(response: SipResponse): void {
    this.hasResponse = true;
    if (response.status < 200) {
      if (response.status >= 180 && this.state === 'dialing') {
        this.state = 'ringing';
        this.#dialog.heardRinging(response);
      }
      return;
    }
    if (response.status >= 300) {
      this.#dialog.acknowledge(response);
      if (this.#dialog.authorize(response)) {
        this.#stopRepeating();
        this.#sendInvite();
        return;
      }
      this.endStatus = response.status;
      this.#end(this.endedBy ?? 'them');
      this.#forget();
      return;
    }
    this.#dialog.accept(response);
    this.#dialog.acknowledge(response); // also each time that the 200 is repeated
    if (this.state === 'up' || this.state === 'ended') return;
    const answer = parseSdp(response.body);
    this.state = 'up';
    this.isConfirmed = true;
    if (answer) this.rtp?.sendTo(answer);
    // The answer and our giving up have crossed: what is up must be ended again.
    if (this.endedBy === 'us')
      void this.hangUp().catch(() =>
        this.#agent.note('the call that was answered while giving up did not end'),
      );
  }

  #reinvited(request: SipRequest): void {
    const offer = parseSdp(request.body);
    if (offer) {
      const isOnHold =
        offer.direction === 'sendonly' || offer.direction === 'inactive' || offer.host === '0.0.0.0';
      this.isHeldByThem = isOnHold;
      this.rtp?.sendTo(offer);
    }
    this.isConfirmed = false;
    this.#dialog.agree(request, this.#sdp(answerDirection(offer?.direction ?? 'sendrecv')));
  }

  #sdp(direction: MediaDirection): string {
    const port = this.rtp?.port ?? 0;
    return formatSdp({ host: this.#agent.host, port, direction }, this.#sdpVersion++);
  }

  #end(by: 'us' | 'them'): void {
    this.state = 'ended';
    this.endedBy = by;
    this.#stopRepeating();
    this.rtp?.close();
  }

  /** No more messages of this call are expected, save repetitions, which get 481. */
  #forget(): void {
    this.#stopRepeating();
    this.#agent.calls.delete(this);
    this.#agent.bell.ring();
  }

  #hasEnded(): boolean {
    return this.state === 'ended';
  }

  #mustBe(...allowed: readonly CallState[]): void {
    if (allowed.includes(this.state)) return;
    throw new Error(
      `${this.#agent.label}: this call is ${this.state}, not ${allowed.join(' or ')}\n${this.#agent.story()}`,
    );
  }
}
