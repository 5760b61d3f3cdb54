// The part of asterisk-manager 0.2.0 that `ami/connection.ts` uses; the package brings no types.
declare module 'asterisk-manager' {
  import type { NetConnectOpts } from 'node:net';

  export interface Manager {
    on(event: 'rawevent' | 'managerevent', listener: (packet: Record<string, unknown>) => void): void;
    on(event: 'error', listener: (error: Error) => void): void;
    on(event: 'close' | 'end', listener: () => void): void;
    emit(event: string, ...values: unknown[]): boolean;
    listeners(event: string): unknown[];
    removeAllListeners(event?: string): void;
    /** Handed on to `net.createConnection` unchanged, so `port` may be its options and `host` be left out. */
    connect(port: NetConnectOpts, host: undefined, connected: () => void): void;
    login(answered: (refusal?: Record<string, unknown>) => void): void;
    action(fields: Record<string, string>): string;
  }

  export default function createManager(
    port: null,
    host: string,
    username: string,
    password: string,
    events: boolean,
  ): Manager;
}

/** What its reader is made of; looked up at each call, so it can be exchanged. */
declare module 'asterisk-manager/lib/utils.js' {
  const parts: { removeSpaces(text: string): string };
  export default parts;
}
