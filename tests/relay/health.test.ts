// `ringcue health`, which the container's HEALTHCHECK asks: it lives, it does not, it speaks TLS.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { health } from '../../relay/commands/health.ts';

async function asks(address: string) {
  const said: string[] = [];
  const tell = (line: string): void => void said.push(line);
  const environment = { RINGCUE_LISTEN: address };
  const code = await health({ parameters: [], environment, say: tell, complain: tell });
  return { code, said: said.join('\n') };
}

async function listening(server: Server, host = '127.0.0.1') {
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port, [Symbol.asyncDispose]: stop };
}

const answers = (status: number) => createServer((_, response) => response.writeHead(status).end());

test('a relay that answers lives, whichever way its listening address is written', async () => {
  await using relay = await listening(answers(200), '0.0.0.0');
  for (const host of ['127.0.0.1', '0.0.0.0', 'localhost'])
    assert.deepEqual(await asks(`${host}:${relay.port}`), { code: 0, said: 'alive' });
});

test('a relay that speaks TLS lives, although its certificate names another host', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ringcue-health-'));
  const [key, cert] = [join(folder, 'key'), join(folder, 'cert')];
  const parameters =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=relay.example';
  execFileSync('openssl', [...parameters.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pair = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  await using relay = await listening(createTlsServer(pair, (_, response) => response.end()));
  assert.deepEqual(await asks(`0.0.0.0:${relay.port}`), { code: 0, said: 'alive' });
});

test('whatever answers otherwise, and nothing at all, is told as such', async () => {
  await using relay = await listening(answers(503));
  assert.equal((await asks(`127.0.0.1:${relay.port}`)).code, 1);
  assert.match((await asks(`127.0.0.1:${relay.port}`)).said, /answered 503/);
  const nobody = await (async () => {
    await using gone = await listening(answers(200));
    return gone.port;
  })();
  const { code, said } = await asks(`127.0.0.1:${nobody}`);
  assert.equal(code, 1);
  assert.match(said, /nothing answers.*ECONNREFUSED/);
});

test('one that takes the connection and says nothing is given up before the container is asked again', async () => {
  const silent = createTcpServer();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { code, said } = await asks(`127.0.0.1:${port}`);
  silent.close();
  assert.equal(code, 1);
  assert.match(said, /silent for 2 s/);
});

test('an address that is none is told with what it should be', async () => {
  assert.deepEqual(await asks('8088'), { code: 78, said: 'RINGCUE_LISTEN must be host:port; it is 8088' });
});
