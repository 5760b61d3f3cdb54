// What a company's operator panel and its administrator do over AMI: find channels, start, transfer, redirect and end calls.
// Called by the scenarios of the lab. [Asterisk AMI actions Originate, BlindTransfer, Atxfer, Redirect, Hangup, Command]

import type { AmiMessage, Observer } from './observer.ts';

export class Operator {
  readonly #session: () => Observer;
  readonly #technology: string;

  /** @param session asked anew each time, as Asterisk may have been started again */
  constructor(session: () => Observer, technology: string) {
    this.#session = session;
    this.#technology = technology;
  }

  /** The names of all channels, in no order. */
  async channels(): Promise<string[]> {
    const session = this.#session();
    const { ActionID = '' } = (await session.ask({ Action: 'CoreShowChannels' })).fields;
    await session.event({ Event: 'CoreShowChannelsComplete', ActionID });
    const isRow = ({ fields }: AmiMessage) =>
      fields['Event'] === 'CoreShowChannel' && fields['ActionID'] === ActionID;
    return session.messages.filter(isRow).map(({ fields }) => fields['Channel'] ?? '');
  }

  /** The one channel of this phone, or of the trunk. @throws Error unless there is exactly one */
  async channelOf(endpoint: string): Promise<string> {
    const all = await this.channels();
    const [channel, ...more] = all.filter((name) => name.startsWith(`${this.#technology}/${endpoint}-`));
    if (channel === undefined || more.length > 0)
      throw new Error(`Asterisk should have one channel of ${endpoint}, but has: ${all.join(', ')}`);
    return channel;
  }

  /** Click-to-call: rings the extension, then dials for it. @param callerId what its phone shows; by default the number */
  async startsCall(
    extension: string,
    target: string,
    { callerId = `${target} <${target}>`, timeoutMs = 20_000 } = {},
  ): Promise<void> {
    await this.#does({
      Action: 'Originate',
      Channel: `${this.#technology}/${extension}`,
      Context: 'internal',
      Exten: target,
      Priority: '1',
      CallerID: callerId,
      Timeout: String(timeoutMs),
      Async: 'true',
    });
  }

  /** A call between two Local channels: no phone has a part in it. */
  async startsLocalCall(): Promise<void> {
    const action = { Action: 'Originate', Channel: 'Local/s@waiting/n', Context: 'waiting', Exten: 's' };
    await this.#does({ ...action, Priority: '1', Async: 'true' });
  }

  /** Sends whom this endpoint talks with to another extension. */
  async transfersBlindly(endpoint: string, target: string): Promise<void> {
    const Channel = await this.channelOf(endpoint);
    await this.#does({ Action: 'BlindTransfer', Channel, Exten: target, Context: 'internal' });
  }

  /** Lets this endpoint ask another extension first; its hanging up then connects the others. */
  async beginsTransfer(endpoint: string, target: string): Promise<void> {
    const Channel = await this.channelOf(endpoint);
    await this.#does({ Action: 'Atxfer', Channel, Exten: target, Context: 'internal' });
  }

  /** Takes a channel out of its call and sends it elsewhere, as panels do. */
  async redirects(endpoint: string, target: string): Promise<void> {
    const Channel = await this.channelOf(endpoint);
    await this.#does({ Action: 'Redirect', Channel, Exten: target, Context: 'internal', Priority: '1' });
  }

  async commands(Command: string): Promise<void> {
    await this.#does({ Action: 'Command', Command });
  }

  /** The end of a scenario that failed. */
  async hangsUpEverything(): Promise<void> {
    await this.#session().ask({ Action: 'Hangup', Channel: '/^.*$/' });
  }

  async #does(action: Readonly<Record<string, string>>): Promise<void> {
    const { fields, text } = await this.#session().ask(action);
    if (fields['Response'] !== 'Success') throw new Error(`AMI refused ${action['Action'] ?? ''}: ${text}`);
  }
}
