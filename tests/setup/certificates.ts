// Certificates for tests, made when they are needed by the host's openssl: an authority of one's own, and what it signs.
// Called by tests of TLS. [openssl-req(1), openssl-x509(1)]
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const DEADLINE_MS = 20_000;

export type Pair = { cert: string; key: string };

export type Authority = AsyncDisposable & {
  /** Its own certificate. */
  readonly caFile: string;
  readonly folder: string;
  /** A certificate signed by it, for these subjectAltNames (`DNS:pbx.example`, `IP:127.0.0.1`; none: the subject alone). */
  sign(
    name: string,
    over?: { for?: string; days?: number; bits?: number; commonName?: string },
  ): Promise<Pair>;
};

export async function createAuthority(): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'ringcue-certificates-'));
  const openssl = (...parameters: string[]): Promise<unknown> =>
    run('openssl', parameters, { cwd: folder, timeout: DEADLINE_MS });
  await openssl(
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'ca.key', '-out', 'ca.pem'],
    ...['-days', '30', '-subj', '/CN=Ringcue test authority'],
  );
  return {
    caFile: join(folder, 'ca.pem'),
    folder,
    sign: async (name, over = {}) => {
      const { for: names = 'IP:127.0.0.1,DNS:localhost', days = 30, bits = 2048, commonName = name } = over;
      await openssl(
        ...['req', '-newkey', `rsa:${bits}`, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`],
        ...['-subj', `/CN=${commonName}`],
      );
      await writeFile(
        join(folder, `${name}.ext`),
        names === '' ? 'basicConstraints=CA:FALSE\n' : `subjectAltName=${names}\n`,
      );
      await openssl(
        ...['x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial'],
        ...['-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.pem`],
      );
      return { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
