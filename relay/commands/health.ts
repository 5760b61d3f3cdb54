// `ringcue health`: whether the relay of this machine or container answers. A container's HEALTHCHECK asks it, so it means
// "the process lives" and never "Asterisk is there": no restart of the relay would bring a PBX back. It is asked every half
// minute and so reads no configuration; the address is RINGCUE_LISTEN, which the image sets. Shell.
import { get as getPlain } from 'node:http';
import { get as getByTls } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { Command } from '../command.ts';

const DEADLINE_MS = 2_000;
const DEFAULT_ADDRESS = '127.0.0.1:8088';
/** What a relay that listens everywhere is reached at from here. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

export const health: Command = async ({ environment, say, complain }) => {
  const address = environment['RINGCUE_LISTEN'] || DEFAULT_ADDRESS;
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address);
  if (!match) {
    complain(`RINGCUE_LISTEN must be host:port; it is ${address}`);
    return 78;
  }
  const named = match[1] ?? match[2] ?? '';
  const place = {
    host: LOOPBACK[named] ?? named,
    port: Number(match[3]),
    path: '/healthz',
    signal: AbortSignal.timeout(DEADLINE_MS),
    rejectUnauthorized: false, // its certificate need not name this address
  };
  // Whether it speaks TLS stands in its configuration.
  const plain = await ask(getPlain, place);
  const status = typeof plain === 'number' ? plain : await ask(getByTls, place);
  if (status === 200) {
    say('alive');
    return 0;
  }
  complain(
    typeof status === 'number'
      ? `${address} answered ${status}: that is no relay, or not a well one`
      : `nothing answers at ${address}: ${place.signal.aborted ? `silent for ${DEADLINE_MS / 1000} s` : String(plain)}`,
  );
  return 1;
};

/** The status of the answer, or why there was none. */
const ask = (get: typeof getByTls, place: RequestOptions): Promise<number | string> =>
  new Promise((resolve) => {
    const request = get(place, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.on('error', ({ message }) => resolve(message));
  });
