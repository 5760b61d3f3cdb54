// `ringcue status [--json]`: how the running relay is, asked at its configured address. Exit code 0: ready, 1: it is not, or
// does not answer. Shell.
import { get as getPlain } from 'node:http';
import { get as getByTls } from 'node:https';
import type { RequestOptions } from 'node:https';
import type { Config } from '../config.ts';
import { renderStatus, statusOf } from '../status.ts';
import { configured } from './configured.ts';

const DEADLINE_MS = 5_000;
const MAX_BYTES = 4 * 1024 * 1024;
/** What a relay that listens everywhere is reached at from here. */
const LOOPBACK: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

type Answer = { status: number; body: string };

export const status = configured(async (config, { parameters, say, complain }) => {
  const [option, ...more] = parameters;
  if (more.length > 0 || (option !== undefined && option !== '--json')) {
    complain('Say: ringcue status [--json]');
    return 64;
  }
  const address = addressOf(config);
  try {
    const ready = await ask(config, '/readyz');
    const metrics = await ask(config, '/metrics');
    if (metrics.status !== 200) throw new Error(`it answered ${metrics.status}, so it is no relay`);
    const told = statusOf({
      address,
      isReady: ready.status === 200,
      readiness: ready.body.split('\n'),
      metrics: metrics.body,
      nowSeconds: Date.now() / 1000,
    });
    say(option === '--json' ? JSON.stringify(told, null, 2) : renderStatus(told));
    return told.isReady ? 0 : 1;
  } catch (error) {
    complain(`No relay answers at ${address}: ${(error as Error).message}`);
    return 1;
  }
});

function addressOf({ listen: { host, port } }: Config): string {
  const named = LOOPBACK[host] ?? host;
  return `${named.includes(':') ? `[${named}]` : named}:${port}`;
}

/** In plain, and by TLS where plain is not understood. */
async function ask({ listen: { host, port } }: Config, path: string): Promise<Answer> {
  const place = {
    host: LOOPBACK[host] ?? host,
    port,
    path,
    signal: AbortSignal.timeout(DEADLINE_MS),
    rejectUnauthorized: false, // its certificate need not name this address, and nothing secret is sent
  };
  const plain = await answerOf(getPlain, place).catch((error: unknown) => error as Error);
  if (!(plain instanceof Error)) return plain;
  return answerOf(getByTls, place).catch(() => {
    throw place.signal.aborted ? new Error(`silent for ${DEADLINE_MS / 1000} s`) : plain;
  });
}

const answerOf = (get: typeof getByTls, place: RequestOptions): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const request = get(place, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text: string) => {
        body += text;
        if (body.length > MAX_BYTES) request.destroy(new Error('it answers without end'));
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      response.on('error', reject);
    });
    request.on('error', reject);
  });
