// One side of `npm run bench -- ami`, a process of its own: `node ami-reader.ts ringcue|bare AMI_PORT`. Reads events until it
// is ended, and tells the CPU time of each round, which a `BenchRound` event begins and another one ends.
import createManager from 'asterisk-manager';
import { readEvent } from '../../relay/ami/events.ts';
import { read } from '../../relay/ami/packet.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createExchange } from '../../relay/exchange.ts';
import { numberDescriber } from '../../relay/numbers.ts';
import { encode } from '../../shared/protocol.ts';

/** 28 events a second, as in a busy hour, however fast they are played. */
const MS_AN_EVENT = 36;
const EVENTS_A_TICK = 28;

const [, , side, port] = process.argv;

let cpu = process.cpuUsage();
let [events, frames] = [0, 0];
const onRound = (): void => {
  const { user, system } = process.cpuUsage(cpu);
  if (events > 0) console.log(JSON.stringify({ events, frames, cpuUs: user + system }));
  [events, frames] = [0, 0];
  cpu = process.cpuUsage();
};

async function readAsRelay(): Promise<void> {
  // Only here, as it exchanges a part of the package.
  const { connectAmi } = await import('../../relay/ami/connection.ts');
  let now = Date.now();
  const exchange = createExchange({
    ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix: '' }),
    describeNumber: numberDescriber('RU'),
    now: () => now,
    find: () => ({ client: null, url: null }),
    publish: (extension, cause, calls) => {
      frames += 1;
      encode({ type: 'line', extension, epoch: 'bench', seq: frames, cause, calls });
    },
    pollSoon: () => undefined,
    tickIn: () => undefined, // a tick comes each second anyway
  });
  await connectAmi(
    { host: '127.0.0.1', port: Number(port), username: 'bench', secret: 'bench' },
    {
      onPacket: (packet) => {
        if (read(packet, 'event') === 'BenchRound') return onRound();
        events += 1;
        now += MS_AN_EVENT;
        const event = readEvent(packet);
        if (event === 'malformed') exchange.take({ type: 'doubt' });
        else if (event) exchange.take(event);
        if (events % EVENTS_A_TICK === 0) exchange.take({ type: 'tick' });
      },
      onListenerError: (error) => {
        throw error;
      },
      onClose: () => process.exit(0),
      randomId: () => 'bench',
      signal: new AbortController().signal,
      connectDeadlineMs: 5_000,
      answerDeadlineMs: 60_000,
      pingEveryMs: 60_000,
    },
  );
}

/** asterisk-manager as it comes. */
function readBare(): void {
  const manager = createManager(null, '', 'bench', 'bench', true);
  manager.on('managerevent', (packet) => {
    if (packet['event'] === 'BenchRound') onRound();
    else events += 1;
  });
  manager.on('close', () => process.exit(0));
  manager.connect({ host: '127.0.0.1', port: Number(port) }, undefined, () => manager.login(() => undefined));
}

if (side === 'bare') readBare();
else await readAsRelay();
