// Anchor: the least a Node program can do between AMI and a browser. Each chunk of bytes that comes is one WebSocket
// frame to one session, in turn; nothing is read, nothing is known. A process of its own:
// `node anchor-forwarder.ts AMI_PORT`.
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import { inTurn } from './in-turn.ts';

const socket = connect(Number(process.argv[2]), '127.0.0.1');
socket.setNoDelay(true);
socket.write('Action: Login\r\nUsername: bench\r\nSecret: bench\r\nActionID: 1\r\n\r\n');
const next = inTurn<WebSocket>();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
socket.on('data', (chunk) => {
  next(server.clients)?.send(chunk, { binary: false });
});
socket.on('close', () => process.exit(0));
server.on('listening', () =>
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port })),
);
