// People at telephones: the verbs that scenarios are written in. Each waits until it has really happened, seen in SIP, or fails with the story.
//   Person ← Phone (an employee's desk phone that registers) and Client (somebody outside, carried by the trunk)
// Made by lab/office.ts.

import { Call, type CallPlan } from './call.ts';
import { publicNumber } from './dialplan.ts';
import { tell, type Seen, type SipAgent } from './sip.ts';
import { formatAddress, type Header, type SipRequest } from './sip-message.ts';
import { DEFAULT_DEADLINE_MS } from './until.ts';

const CALLS_KEPT = 200;

export abstract class Person {
  /** what errors and timelines call this one */
  readonly label: string;
  /** answers every call with 486 at once */
  isBusy = false;
  #forwardedTo: string | null = null;
  /** every call of this one, the newest last; bounded */
  readonly history: Call[] = [];
  protected readonly agent: SipAgent;
  #answersAfterMs: number | null = null;

  constructor(label: string, agent: SipAgent) {
    this.label = label;
    this.agent = agent;
  }

  /** what was sent and received for this one's calls, with times in ms since 1970 */
  abstract get timeline(): readonly Seen[];

  protected abstract plan(target: string): CallPlan;

  // --- being called ---

  /** Waits until a call rings here. */
  rings(deadlineMs = DEFAULT_DEADLINE_MS): Promise<Call> {
    return this.#until('rings', () => this.#ringing, deadlineMs);
  }

  /** Waits for the ring and lifts the receiver. */
  async answers(call?: Call): Promise<Call> {
    const answered = call ?? (await this.rings());
    await answered.answer();
    return answered;
  }

  /** Waits for the ring and presses "reject": 603. */
  async declines(call?: Call): Promise<Call> {
    const declined = call ?? (await this.rings());
    await declined.refuse(603, 'Decline');
    return declined;
  }

  /** Waits for the ring and sends the call elsewhere: 302. */
  async forwardsTo(target: string): Promise<void> {
    await this.#sendsElsewhere(await this.rings(), target);
  }

  /** From now on sends every call elsewhere before it rings; null: not any more. */
  forwardsAllTo(target: string | null): void {
    this.#forwardedTo = target;
  }

  /** From now on lifts the receiver by itself; null: not any more. */
  answersAfter(ms: number | null): void {
    this.#answersAfterMs = ms;
  }

  // --- calling ---

  /** Dials and waits until Asterisk has taken notice. */
  async dials(target: string): Promise<Call> {
    const call = await Call.outgoing(this.agent, this.plan(target));
    this.#keep(call);
    await this.#until(`is heard when dialling ${target}`, () => call.hasResponse);
    return call;
  }

  /** Waits for the ringing tone. */
  hearsRinging(): Promise<Call> {
    return this.#until('hears it ring', () =>
      this.#live.find((call) => call.direction === 'outgoing' && call.state === 'ringing'),
    );
  }

  /** Waits until somebody has answered the call that this one made. */
  isAnswered(deadlineMs = DEFAULT_DEADLINE_MS): Promise<Call> {
    const look = () => this.#live.find((call) => call.direction === 'outgoing' && call.state === 'up');
    return this.#until('is answered', look, deadlineMs);
  }

  /** Waits until the call that this one made last was refused or given up. @returns the SIP status, e.g. 486 */
  isRefused(deadlineMs = DEFAULT_DEADLINE_MS): Promise<number> {
    const made = this.history.findLast((call) => call.direction === 'outgoing');
    return this.#until('is refused', () => made?.state === 'ended' && made.endStatus, deadlineMs);
  }

  // --- in the call ---

  /** Waits until sound of the other side has really arrived, in the newest call if none is given. */
  async hears(packets = 3, call?: Call): Promise<void> {
    const talk = call ?? (await this.#until('is in a call', () => this.#up));
    const before = talk.rtp?.received ?? 0;
    await this.#until('hears the other side', () => (talk.rtp?.received ?? 0) >= before + packets);
  }

  /** Puts the receiver down: BYE, or CANCEL where nobody has answered yet. */
  async hangsUp(call?: Call): Promise<void> {
    const live = this.#live;
    const chosen =
      call ??
      live.findLast((candidate) => candidate.state === 'up' && !candidate.isHeldByUs) ??
      live.findLast((candidate) => candidate.direction === 'outgoing' || candidate.state === 'up');
    if (!chosen) throw new Error(`${this.label} has no call to hang up\n${this.story()}`);
    await chosen.hangUp();
  }

  async holds(call?: Call): Promise<void> {
    await (call ?? this.talking()).hold(true);
  }

  async resumes(call?: Call): Promise<void> {
    await (call ?? this.talking()).hold(false);
  }

  /** Presses keys during the call: `*2`, `##102` … */
  async presses(keys: string): Promise<void> {
    await this.talking().rtp?.press(keys);
  }

  /** Connects the other side with an extension and leaves (blind transfer by REFER). */
  async transfersTo(extension: string, call: Call = this.talking()): Promise<void> {
    const { host, port } = this.agent.server;
    await this.#refers(call, `<sip:${extension}@${host}:${port}>`);
  }

  /** Connects the other sides of two calls of this one and leaves both (attended transfer by REFER with Replaces). */
  async connects(first: Call, second: Call): Promise<void> {
    await this.hears(1, second);
    await this.#refers(first, second.replacement());
    if (second.state !== 'ended') await second.hangUp();
  }

  /** The same while the second call only rings yet. */
  async connectsRinging(first: Call, second: Call): Promise<void> {
    await this.#refers(first, second.replacement());
    if (second.state !== 'ended') await second.hangUp();
  }

  /** Puts the receiver down on calls that are dead, without a word to Asterisk. */
  forgetsAll(): void {
    for (const call of this.#live) call.abandon();
  }

  /** Hangs up whatever this one can hang up; what only rings here is for its caller to end. */
  async hangsUpAll(): Promise<void> {
    const own = this.#live.filter(({ direction, state }) => direction === 'outgoing' || state === 'up');
    await Promise.all(own.map((call) => call.hangUp()));
  }

  /** Waits until no call is left here. */
  async isFree(deadlineMs = DEFAULT_DEADLINE_MS): Promise<void> {
    await this.#until('is free', () => this.#live.length === 0, deadlineMs);
  }

  /** The last moments, for an error's message. */
  story(): string {
    return `${this.label} saw last:\n${tell(this.timeline)}`;
  }

  /** Takes an INVITE; called by the office. */
  receives(invite: SipRequest, at: number): void {
    const call = Call.incoming(this.agent, invite, at);
    this.#keep(call);
    if (this.isBusy) {
      call.refuse(486, 'Busy Here').catch((error: unknown) => this.agent.note(String(error)));
      return;
    }
    if (this.#forwardedTo !== null) {
      this.#sendsElsewhere(call, this.#forwardedTo).catch((error: unknown) => this.agent.note(String(error)));
      return;
    }
    call.ring();
    if (this.#answersAfterMs === null) return;
    setTimeout(() => {
      if (call.state === 'ringing') call.answer().catch((error: unknown) => this.agent.note(String(error)));
    }, this.#answersAfterMs);
  }

  get #live(): Call[] {
    return this.history.filter((call) => call.state !== 'ended');
  }

  get #ringing(): Call | undefined {
    return this.history.find((call) => call.direction === 'incoming' && call.state === 'ringing');
  }

  get #up(): Call | undefined {
    return this.#live.findLast(({ state }) => state === 'up');
  }

  /** The call that is spoken in; the newest, if others are on hold. */
  talking(): Call {
    const call = this.#up;
    if (!call) throw new Error(`${this.label} is in no call\n${this.story()}`);
    return call;
  }

  async #sendsElsewhere(call: Call, target: string): Promise<void> {
    const contact = `<sip:${target}@${this.agent.server.host}:${this.agent.server.port}>`;
    await call.refuse(302, 'Moved Temporarily', [['Contact', contact]]);
  }

  async #refers(call: Call, target: string): Promise<void> {
    // Sound of the other side shows that Asterisk has joined the two; asked earlier, it refuses (400 or 503).
    if (!call.isHeldByUs) await this.hears(1, call);
    const { status } = await call.refer(target);
    if (status !== 202) throw new Error(`The transfer was refused with ${status}\n${this.story()}`);
    // As desk phones do: wait for the news that it goes on, then leave, unless Asterisk was faster.
    // (With PJSIP "it has worked" comes only when somebody answers.)
    await this.#until(
      'hears that the transfer goes on',
      () => call.referStatus > 100 || call.state === 'ended',
    );
    if (call.referStatus >= 300)
      throw new Error(`The transfer failed with ${call.referStatus}\n${this.story()}`);
    if (call.state !== 'ended') await call.hangUp();
  }

  #keep(call: Call): void {
    this.history.push(call);
    if (this.history.length > CALLS_KEPT) this.history.shift();
  }

  #until<T>(
    what: string,
    look: () => T | undefined | null | false,
    deadlineMs = DEFAULT_DEADLINE_MS,
  ): Promise<T> {
    return this.agent.bell.until(look, {
      what: `${this.label} ${what}`,
      deadlineMs,
      story: () => this.story(),
    });
  }
}

/** An employee's phone, known by its extension. */
export class Phone extends Person {
  readonly extension: string;

  constructor(extension: string, agent: SipAgent) {
    super(extension, agent);
    this.extension = extension;
  }

  get timeline(): readonly Seen[] {
    return this.agent.timeline;
  }

  /** the company's public number that rings this phone alone */
  get publicNumber(): string {
    return publicNumber(this.extension);
  }

  /** Tells Asterisk where it is; the office has done so already. */
  async registers(): Promise<void> {
    await this.agent.register();
  }

  /** Says goodbye to Asterisk: calls do not reach it any more. */
  async unregisters(): Promise<void> {
    await this.agent.register(0);
  }

  /** Is taken out of the office. */
  async leaves(): Promise<void> {
    await this.unregisters().finally(() => this.agent.close());
  }

  protected plan(target: string): CallPlan {
    return { target, from: `<sip:${this.extension}@${this.agent.server.host}>`, user: this.extension };
  }
}

export interface ClientOptions {
  /** as it stands in the From header's user part, %-escapes and oddities included; null: withheld */
  readonly number: string | null;
  /** shown name; quoted, otherwise sent as it is */
  readonly name?: string;
  /** the whole From value, for callers whose equipment writes nonsense: `<sip:100%0d%0aEvent…@example.org>` */
  readonly from?: string;
  /** further headers of the INVITE, e.g. `['Privacy', 'id']` */
  readonly headers?: readonly Header[];
}

/** Somebody outside the company. */
export class Client extends Person {
  readonly number: string | null;
  readonly #options: ClientOptions;

  constructor(options: ClientOptions, agent: SipAgent) {
    super(options.number ?? 'anonymous', agent);
    this.number = options.number;
    this.#options = options;
  }

  get timeline(): readonly Seen[] {
    const own = new Set(this.history.map(({ callId }) => callId));
    return this.agent.timeline.filter(({ callId }) => own.has(callId));
  }

  /** Dials a phone's public number, or any number of the company. */
  calls(target: Phone | string): Promise<Call> {
    return this.dials(typeof target === 'string' ? target : target.publicNumber);
  }

  protected plan(target: string): CallPlan {
    const { number, name = '', from, headers = [] } = this.#options;
    const open = formatAddress(name, `sip:${number ?? ''}@${this.agent.host}`);
    const withheld = '"Anonymous" <sip:anonymous@anonymous.invalid>';
    return { target, from: from ?? (number === null ? withheld : open), user: 'trunk', headers };
  }
}
