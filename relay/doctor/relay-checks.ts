// The checks of the relay's own side: its port, its certificate, its folder, its list of clients. Shell; made by
// `doctor/examine.ts`. Nothing is left behind.
import { access, constants, rm, writeFile } from 'node:fs/promises';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { readCertificate } from '../feed/certificate.ts';
import { alike } from '../said.ts';
import type { Check } from './checkup.ts';
import { checkDirectory } from './directory.ts';
import { unknown, well, wrong } from './finding.ts';
import type { Finding } from './finding.ts';
import { judgeCertificate, judgeListening } from './judge-relay.ts';
import type { Listening } from './judge-relay.ts';

const DEADLINE_MS = 3_000;

/** `number`: whom the directory shall be asked for. */
export const relayChecks = (config: Config, number: string | null, now: () => number): Check[] => [
  {
    name: 'listen',
    needs: [],
    make: async () => judgeListening(config.listen, await tryToListen(config)),
  },
  { name: 'certificate', needs: [], make: () => checkCertificate(config, now()) },
  { name: 'data', needs: [], make: () => checkData(config.data) },
  { name: 'directory', needs: [], make: () => checkDirectory(config, number) },
];

/** Listens for a moment; where somebody else does, asks whether that is a relay. */
async function tryToListen({ listen, tlsCertificate }: Config): Promise<Listening> {
  const code = await new Promise<string | null>((resolve) => {
    const server = createServer();
    server.once('error', (error: Error & { code?: string }) => resolve(error.code ?? error.message));
    server.listen(listen, () => server.close(() => resolve(null)));
  });
  if (code === null) return { state: 'free' };
  if (code !== 'EADDRINUSE') return { state: 'refused', code };
  return { state: (await isRelay(listen, tlsCertificate !== null)) ? 'served' : 'taken' };
}

const EVERYWHERE: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

function isRelay({ host, port }: Config['listen'], isTls: boolean): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: EVERYWHERE[host] ?? host, port, path: '/healthz', timeout: DEADLINE_MS };
    // Nothing secret is said, and the name in the certificate is another than the address here.
    const asked = isTls ? requestTls({ ...options, rejectUnauthorized: false }) : requestPlain(options);
    asked.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text = (text + chunk).slice(0, 100)));
      response.on('close', () => resolve(response.statusCode === 200 && text === 'ok\n'));
    });
    asked.on('timeout', () => asked.destroy());
    asked.on('error', () => resolve(false));
    asked.end();
  });
}

function checkCertificate({ tlsCertificate: certificate, tlsKey: key }: Config, now: number): Finding {
  if (certificate === null || key === null)
    return unknown({
      en: 'the relay speaks without TLS: right on this machine alone, and behind a proxy that has it',
      ru: 'Ringcue работает без TLS: так можно только на этой машине или за прокси, у которого он есть',
    });
  try {
    return judgeCertificate(readCertificate({ certificate, key }), now);
  } catch (error) {
    return wrong(alike((error as Error).message));
  }
}

async function checkData(folder: string | null): Promise<Finding> {
  if (folder === null)
    return unknown({
      en: 'no folder is set (RINGCUE_DATA): what is missed while a browser is closed is not told later',
      ru: 'папка не задана (RINGCUE_DATA): о звонках, пропущенных при закрытом браузере, потом не сообщат',
    });
  const file = join(folder, `.ringcue-doctor-${process.pid}`);
  try {
    await access(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    await writeFile(file, 'x', { flag: 'wx' });
    return well({ en: `${folder} can be written`, ru: `${folder}: запись возможна` });
  } catch (error) {
    const owner = `${process.getuid?.() ?? 'NAME'}`;
    const code = (error as { code?: string }).code ?? '?';
    return wrong(
      { en: `${folder} cannot be written (${code})`, ru: `${folder}: запись невозможна (${code})` },
      {
        where: { en: 'a shell on the relay’s machine', ru: 'консоль машины с Ringcue' },
        lines: [`mkdir -p ${folder} && chown ${owner} ${folder} && chmod 700 ${folder}`],
      },
    );
  } finally {
    await rm(file, { force: true }).catch(() => undefined); // where it could not be written it is not there
  }
}
