// Asks the network: what a name stands for, who answers at a port, how it greets. Every wait has a deadline. Shell; called
// by `doctor/pbx-checks.ts`, which has the answers judged.
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { openAmiSocket } from '../ami/socket.ts';
import type { AmiPlace } from '../ami/socket.ts';
import { explainTlsFault } from '../ami/tls-fault.ts';
import type { Greeting, Reached, Resolved } from './judge-way.ts';

const DEADLINE_MS = 3_000;
const MAX_GREETING_LENGTH = 200;

export async function resolve(host: string): Promise<Resolved> {
  const late = sleep(DEADLINE_MS, { error: 'no answer' }, { ref: false });
  const asked = lookup(host, { all: true }).then(
    (found) => ({ addresses: found.map(({ address }) => address) }),
    (error: unknown) => ({ error: (error as { code?: string }).code ?? String(error) }),
  );
  return Promise.race([asked, late]);
}

/** Connects and goes away again. */
export function reach({ host, port }: AmiPlace): Promise<Reached> {
  return new Promise((done) => {
    const socket = connect({ host, port });
    settle(socket, done, { error: 'ETIMEDOUT' }, (error) => ({ error: error.code ?? error.message }));
    socket.on('connect', () => finish(socket, done, { localAddress: plainAddress(socket) }));
  });
}

/** IPv4 within IPv6 is IPv4 to people and manager.conf. */
const plainAddress = ({ localAddress = '' }: Socket): string => localAddress.replace(/^::ffff:/i, '');

/** The first line that is told to whoever connects. */
export function greeting(place: AmiPlace): Promise<Greeting> {
  return new Promise((done) => {
    let heard = '';
    let socket: Socket;
    try {
      socket = openAmiSocket(place, () => undefined);
    } catch (error) {
      const { message } = error as Error;
      return done({
        tlsFault: {
          en: `the file of ami.tlsCa cannot be used: ${message}`,
          ru: `файл из ami.tlsCa не подходит: ${message}`,
        },
      });
    }
    settle(socket, done, { silence: true }, (error) => {
      const tlsFault = explainTlsFault(place, error);
      return tlsFault === null ? { closed: error.message } : { tlsFault };
    });
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      heard += text;
      const end = heard.search(/[\r\n]/);
      if (end >= 0 || heard.length > MAX_GREETING_LENGTH)
        finish(socket, done, { line: heard.slice(0, end < 0 ? MAX_GREETING_LENGTH : end) });
    });
    socket.on('end', () => finish(socket, done, { closed: 'at once' }));
  });
}

type Fault = Error & { code?: string };

function settle<T>(socket: Socket, done: (outcome: T) => void, late: T, ofError: (error: Fault) => T): void {
  const timer = setTimeout(() => finish(socket, done, late), DEADLINE_MS);
  socket.on('close', () => clearTimeout(timer));
  socket.on('error', (error: Fault) => finish(socket, done, ofError(error)));
}

/** The first outcome counts, as that is how promises are. */
function finish<T>(socket: Socket, done: (outcome: T) => void, outcome: T): void {
  done(outcome);
  socket.destroy();
}
