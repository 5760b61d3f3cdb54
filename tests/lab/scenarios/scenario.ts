// What a scenario of the lab is: a play for phones, clients and an operator, and what each extension must be told of it.
// The theme files beside hold them as data; `stage.ts` plays them; `all.ts` lists them.
import type { Call } from '../../../shared/protocol.ts';
import type { Driver } from '../driver.ts';
import type { Office } from '../office.ts';
import type { Operator } from '../operator.ts';
import type { Client, ClientOptions, Phone } from '../person.ts';

export interface Stack {
  readonly asterisk: '16' | '22';
  readonly driver: Driver;
}

/** Extension → its story as `tellStory` tells it; of several, any. Who is not named must be told nothing. */
export type Stories = Readonly<Record<string, string | string[]>>;

export interface Scene {
  readonly stack: Stack;
  readonly office: Office;
  /** the phones 101 to 105 */
  readonly one: Phone;
  readonly two: Phone;
  readonly three: Phone;
  readonly four: Phone;
  readonly five: Phone;
  /** an outside client, number `CLIENT`, without a name */
  readonly client: Client;
  outsider(options: ClientOptions): Client;
  readonly operator: Operator;
  /**
   * Waits until the extension's line has such a call of this scenario, but not for ever: whether it had, its story
   * shows. For what only a poll can tell, and for what must be known before the play goes on.
   */
  isTold(extension: string, fits: (call: Call) => boolean): Promise<void>;
  /** Waits until the relay has lost Asterisk, or has it again. */
  relaySees(state: 'up' | 'down'): Promise<void>;
}

export interface Scenario {
  /** a sentence */
  readonly name: string;
  play(scene: Scene): Promise<void>;
  readonly told: Stories | ((stack: Stack) => Stories);
  /** What a story cannot say; `told` gives every change an extension was told of. @throws AssertionError */
  check?(told: (extension: string) => readonly Call[], stack: Stack): void;
  /** Its pace is its point: nobody pauses, not even for a recording. */
  readonly isQuick?: boolean;
  /** why this cannot be played on a stack */
  leftOut?(stack: Stack): string | null;
}

export const CLIENT = '+79161234567';
export const OTHER_CLIENT = '+78432000000';
/** what an employee dials to reach `CLIENT` */
export const CLIENT_DIALLED = '89161234567';

/** `16-sip`, `16-pjsip`, `22-pjsip` */
export const stackName = ({ asterisk, driver }: Stack): string => `${asterisk}-${driver}`;

/** The plain story of a call that was answered and ended well. */
export const answered = (party: string): string => `ringing(${party}) talking(${party}) ended completed`;
export const missed = (party: string): string => `ringing(${party}) ended missed`;
