// Anchor: asterisk-manager as it comes, each event as JSON in one WebSocket frame to one session, in turn. A process of
// its own: `node anchor-manager.ts AMI_PORT`.
import type { AddressInfo } from 'node:net';
import createManager from 'asterisk-manager';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { inTurn } from './in-turn.ts';

const manager = createManager(null, '', 'bench', 'bench', true);
const next = inTurn<WebSocket>();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
manager.on('managerevent', (event) => {
  const text = JSON.stringify(event);
  next(server.clients)?.send(text);
});
manager.on('close', () => process.exit(0));
manager.connect({ host: '127.0.0.1', port: Number(process.argv[2]) }, undefined, () =>
  manager.login(() => undefined),
);
server.on('listening', () =>
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port })),
);
