// The way from a container to the lab's Asterisk, which listens on the loopback only. Called by tests/deploy.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import type { PbxAccess } from '../relay/relay-process.ts';
import { GATEWAY, SUBNETS } from './engine.ts';

export type Door = AsyncDisposable & { access: PbxAccess };

/** `access`: the same account at the address that containers know the host by. */
export async function openDoor(pbx: PbxAccess): Promise<Door> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
  };
  const server = createServer((near) => {
    // The lab's passwords are known, so nobody but containers is let through.
    if (!SUBNETS.some((start) => near.remoteAddress?.startsWith(start))) return void near.destroy();
    const far = connect(pbx.port, pbx.host);
    keep(near);
    keep(far);
    near.pipe(far).pipe(near);
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  server.listen(0, '0.0.0.0'); // the gateway's address is there only while a container is
  await once(server, 'listening');
  return {
    access: { ...pbx, host: GATEWAY, port: (server.address() as AddressInfo).port },
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
