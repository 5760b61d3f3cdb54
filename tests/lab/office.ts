// A whole company on a real Asterisk: five phones, a trunk, and the outside world. The door of the lab: scenarios begin here.
//   await using office = await openOffice({ asterisk: '22', driver: 'pjsip' });
// Everything listens on the loopback only and is gone at the end of the block.

import { defaultCacheFolder, prepareAsterisk, type AsteriskRelease } from '../setup/asterisk.ts';
import { startAsterisk, type RunningAsterisk } from './asterisk.ts';
import {
  ACCOUNTS,
  EXTENSIONS,
  PBX_HOST,
  phoneSecret,
  TRUNK_HOST,
  type Account,
  type Extension,
} from './configuration.ts';
import type { Driver } from './driver.ts';
import type { Observer } from './observer.ts';
import { Client, Phone, type ClientOptions, type Person } from './person.ts';
import { SipAgent } from './sip.ts';
import { parseAddress, type SipRequest } from './sip-message.ts';

export interface OfficeOptions {
  readonly asterisk: AsteriskRelease;
  /** chan_sip is only in 16 */
  readonly driver: Driver;
  /** which phones are there and registered; all five by default */
  readonly phones?: readonly Extension[];
  /** how long a phone rings before the caller is given up; 20 by default */
  readonly ringTimeoutSeconds?: number;
  /** text for the end of Asterisk's configuration files, by name: `{ 'extensions.conf': '[from-trunk](+)\nexten => …' }` */
  readonly additions?: Readonly<Record<string, string>>;
  readonly cacheFolder?: string;
  readonly progress?: (text: string) => void;
}

/** The stacks that every scenario should be tried on. */
export const STACKS = [
  { asterisk: '16', driver: 'sip' },
  { asterisk: '16', driver: 'pjsip' },
  { asterisk: '22', driver: 'pjsip' },
] as const satisfies readonly Pick<OfficeOptions, 'asterisk' | 'driver'>[];

export interface Ami {
  readonly host: string;
  readonly port: number;
  /** `ringcue`: as a company grants it to the relay; `pollonly`: no events at all; `operator`: everything, for the scenario itself */
  readonly accounts: Readonly<Record<keyof typeof ACCOUNTS, Account>>;
}

/** Fetches Asterisk if need be, starts it, registers the phones. */
export async function openOffice(options: OfficeOptions): Promise<Office> {
  const { cacheFolder = defaultCacheFolder(), progress = () => undefined } = options;
  const root = await prepareAsterisk(options.asterisk, { cacheFolder, progress });
  const office = new Office();
  try {
    await office.open(options, (trunkPort) => startAsterisk(root, { ...options, trunkPort }));
  } catch (error) {
    await office[Symbol.asyncDispose]();
    throw error;
  }
  return office;
}

export class Office implements AsyncDisposable {
  readonly #phones = new Map<string, Phone>();
  readonly #added = new Set<string>();
  readonly #clients: Client[] = [];
  readonly #agents: SipAgent[] = [];
  #trunk: SipAgent | undefined;
  #asterisk: RunningAsterisk | undefined;

  /** Called once by `openOffice`. */
  async open(options: OfficeOptions, start: (trunkPort: number) => Promise<RunningAsterisk>): Promise<void> {
    const trunk = await this.#agent('trunk', TRUNK_HOST, (invite, at) => this.#arrivesOutside(invite, at));
    this.#trunk = trunk;
    this.#asterisk = await start(trunk.port);
    for (const extension of options.phones ?? EXTENSIONS) {
      await this.#phone(extension);
    }
    this.#knowsServer();
    await this.#registerAll();
  }

  /**
   * One more phone, registered; on an account that another phone has already, where the channel driver allows that, or
   * on one of its own that a scenario has added.
   */
  async addsPhone(account: string): Promise<Phone> {
    const label = `${account}, added`;
    this.#added.add(label);
    const phone = await this.#phone(account, label);
    this.#knowsServer();
    await phone.registers();
    return phone;
  }

  /** Says goodbye for the phones that were added and takes them away. */
  async removesAddedPhones(): Promise<void> {
    for (const label of this.#added) {
      const phone = this.phone(label);
      this.#phones.delete(label);
      this.#added.delete(label);
      await phone.leaves();
    }
  }

  get asterisk(): RunningAsterisk {
    if (!this.#asterisk) throw new Error('This office is not open');
    return this.#asterisk;
  }

  /** where a relay connects, and as whom */
  get ami(): Ami {
    return { host: PBX_HOST, port: this.asterisk.amiPort, accounts: ACCOUNTS };
  }

  /** logged in with all rights since Asterisk's start: sees every event with its time, and can act */
  get operator(): Observer {
    return this.asterisk.operator;
  }

  /** @throws Error for an extension that this office does not have */
  phone(extension: string): Phone {
    const phone = this.#phones.get(extension);
    if (!phone)
      throw new Error(`There is no phone ${extension}, only ${[...this.#phones.keys()].join(', ')}`);
    return phone;
  }

  /** Somebody outside, who can call any public number and be called by theirs (the last ten digits must agree). */
  client(options: ClientOptions): Client {
    if (!this.#trunk) throw new Error('This office is not open');
    const client = new Client(options, this.#trunk);
    this.#clients.push(client);
    return client;
  }

  /** The number of a client who has done his part is nobody's again. */
  dismisses(client: Client): void {
    this.#clients.splice(this.#clients.indexOf(client), 1);
  }

  /** When the first call of anybody since then began, ms since 1970; undefined: there was none. */
  firstCallSince(at: number): number | undefined {
    const began = this.#people.flatMap(({ history }) => history.map(({ startedAt }) => startedAt));
    return began.filter((one) => one >= at).sort((a, b) => a - b)[0];
  }

  /** Ends all calls and waits for silence: the end of a scenario, however it went. */
  async endsAllCalls(): Promise<void> {
    const people = this.#people;
    await Promise.all(people.map((person) => person.hangsUpAll()));
    await Promise.all(people.map((person) => person.isFree()));
  }

  /** Asterisk dies without a word; everybody puts the silent receiver down. */
  async losesPower(): Promise<void> {
    await this.asterisk.kill();
    for (const person of this.#people) person.forgetsAll();
  }

  /** Asterisk starts again on the same ports, knowing nothing of former calls; the phones register anew. */
  async regainsPower(): Promise<void> {
    this.#asterisk = await this.asterisk.restart();
    await this.#registerAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const agent of this.#agents) agent.close();
    await this.#asterisk?.[Symbol.asyncDispose]();
  }

  async #phone(account: string, label = account): Promise<Phone> {
    const credentials = { username: account, secret: phoneSecret(account) };
    const onInvite = (invite: SipRequest, at: number) => phone.receives(invite, at);
    const agent = await this.#agent(label, PBX_HOST, onInvite, credentials);
    const phone = new Phone(account, agent);
    this.#phones.set(label, phone);
    return phone;
  }

  #knowsServer(): void {
    for (const agent of this.#agents) agent.server = { host: PBX_HOST, port: this.asterisk.sipPort };
  }

  get #people(): Person[] {
    return [...this.#phones.values(), ...this.#clients];
  }

  async #registerAll(): Promise<void> {
    await Promise.all([...this.#phones.values()].map((phone) => phone.registers()));
  }

  async #agent(
    label: string,
    host: string,
    onInvite: (invite: SipRequest, at: number) => void,
    credentials?: { username: string; secret: string },
  ): Promise<SipAgent> {
    const agent = await SipAgent.open({ label, host, onInvite, ...(credentials && { credentials }) });
    this.#agents.push(agent);
    return agent;
  }

  /** A call from the company to the outside world. */
  #arrivesOutside(invite: SipRequest, at: number): void {
    const dialled = lastDigits(parseAddress(`<${invite.uri}>`).user);
    const client = this.#clients.findLast(({ number }) => number !== null && lastDigits(number) === dialled);
    if (client) client.receives(invite, at);
    else this.#trunk?.reply(invite, 404, 'Not Found', [], '', 'nobody');
  }
}

/** How the provider finds a subscriber, whatever prefix was dialled. */
function lastDigits(number: string): string {
  return number.replace(/\D/g, '').slice(-10);
}
