// `npm run bench -- poll`: what one poll costs, from the bytes of its reply to the board, in small and in large: nothing
// has changed, some calls ended and others began, and all are new as after a start. Called by `tests/run.ts`.
import type { ChannelFacts } from '../../relay/calls/facts.ts';
import { pollChannels } from '../../relay/ami/poll.ts';
import { apply } from '../../relay/calls/apply.ts';
import { createPhones } from '../../relay/calls/phones.ts';
import { createSwitchboard } from '../../relay/calls/switchboard.ts';
import type { Switchboard } from '../../relay/calls/switchboard.ts';
import { channelList, snapshot } from '../relay/fake-pbx.ts';
import type { Fields } from '../relay/fake-pbx.ts';
import { FED_ID, openFedConnection } from '../relay/fed-connection.ts';
import { formatTable, judge, quantile } from './table.ts';

const SIZES = [100, 1_000, 5_000] as const;
const [SMALLEST, , LARGEST] = SIZES;
const WARM_UP_ROUNDS = 2;
const ROUNDS = 9;
/** Whatever the size, so that each figure is a mean over as many. */
const CHANNELS_A_FIGURE = 20_000;
/** Of each hundred calls, how many are other ones in the second reply. */
const CHANGE_PERCENT = 10;
/** As much as a socket gives at once. */
const CHUNK_BYTES = 64 * 1024;
const GOAL = 1.3;

const KINDS = ['nothing changed', `${CHANGE_PERCENT} % changed`, 'all new'] as const;
type Kind = (typeof KINDS)[number];
/** Microseconds a channel: to make rows of bytes, and to bring them onto the board. */
type Cost = { read: number; apply: number };

/** Prints the figures and the table; the exit code. */
export async function benchPoll(print: (text: string) => void): Promise<number> {
  await using reader = await openReader();
  const costs = new Map<string, Cost[]>();
  print(`${ROUNDS} rounds of ${CHANNELS_A_FIGURE} channels each at ${SIZES.join(', ')} channels a poll …`);
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1)
    // Every other round backwards, so that what drifts drifts for all.
    for (const size of round % 2 === 0 ? SIZES : SIZES.toReversed())
      for (const kind of KINDS) {
        const cost = await measure(kind, size, reader);
        if (round >= 0) costs.set(`${kind} ${size}`, [...(costs.get(`${kind} ${size}`) ?? []), cost]);
      }

  const figures = (kind: Kind, size: number, part: (cost: Cost) => number): number[] =>
    (costs.get(`${kind} ${size}`) ?? []).map(part);
  const whole = ({ read, apply }: Cost): number => read + apply;
  for (const kind of KINDS)
    for (const size of SIZES) {
      const median = (part: (cost: Cost) => number): number => quantile(figures(kind, size, part), 0.5);
      print(
        `${kind.padEnd(16)} ${String(size).padStart(5)} channels: ${(median(whole) * size).toFixed(0).padStart(6)} µs a poll; ` +
          `a channel ${median(whole).toFixed(2)} µs, ${median(({ read }) => read).toFixed(2)} of it to read the bytes`,
      );
    }
  // No PBX has all its calls replaced between two polls: that figure is told, not judged.
  const judged = KINDS.filter((kind) => kind !== 'all new').map((kind) =>
    judge({
      metric: `a channel of ${LARGEST}, ${kind}`,
      unit: 'µs',
      ours: figures(kind, LARGEST, whole),
      anchors: figures(kind, SMALLEST, whole),
      anchor: `a channel of ${SMALLEST}:`,
      goal: GOAL,
    }),
  );
  print(formatTable(judged.map(({ cells }) => cells)));
  return judged.every(({ isMet }) => isMet) ? 0 : 1;
}

/** CPU time and no clock: what else the machine does is not our cost. */
function cpuUs(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

type Reader = Awaited<ReturnType<typeof openReader>>;

async function measure(kind: Kind, size: number, reader: Reader): Promise<Cost> {
  const [first, second] = [rowsOf(size, 0), rowsOf(size, 1)];
  let board = newBoard();
  for (const rows of kind === 'all new' ? [] : [first, second])
    take(board, (await reader.read(rows)).channels);
  const cost: Cost = { read: 0, apply: 0 };
  for (let n = 0; n < CHANNELS_A_FIGURE / size; n += 1) {
    if (kind === 'all new') board = newBoard();
    // Each reply twice, as a channel is given up after two polls without it.
    const { channels, us } = await reader.read(kind === 'nothing changed' || n % 4 < 2 ? first : second);
    const startedAt = cpuUs();
    take(board, channels);
    cost.apply += (cpuUs() - startedAt) / CHANNELS_A_FIGURE;
    cost.read += us / CHANNELS_A_FIGURE;
  }
  return cost;
}

// To parse a number costs the same each time, and is remembered: it would hide what grows with the channels.
const newBoard = (): Switchboard =>
  createSwitchboard({
    ...createPhones({ pattern: /^\d{2,6}$/, endpoints: new Map(), prefix: '' }),
    describeNumber: (raw) => ({ number: raw || null, display: raw }),
  });

let now = Date.UTC(2026, 0, 1);
/** Rows → facts → the board, with the directory's answers, as the exchange does it. Polls are a minute apart. */
function take(board: Switchboard, channels: ChannelFacts[] | null): void {
  if (!channels) throw new Error('the rows are not whole');
  now += 60_001;
  const poll = { type: 'poll', askedAt: board.inputs, isFirst: board.inputs === 0, channels } as const;
  for (const output of apply(board, poll, now))
    if (output.type === 'look-up')
      apply(board, { type: 'found', number: output.number, found: { client: null, url: null } }, now);
  apply(board, { type: 'tick' }, now);
}

/** `size` channels: calls from outside to a phone each, every other one talking; `generation` of those that change. */
function rowsOf(size: number, generation: number): Fields[] {
  return Array.from({ length: size / 2 }, (_, call) => {
    const count = call % 100 < CHANGE_PERCENT ? call + size * (generation + 1) : call;
    const isUp = count % 2 === 0;
    const [phone, client] = [String(10_000 + call), `+7916${String(count).padStart(7, '0')}`];
    const ids = { Linkedid: `1700000000.${count * 2}`, BridgeId: isUp ? `bridge-${count}` : '' };
    return [
      snapshot({
        ...{ Channel: `PJSIP/trunk-${hex(count)}`, ChannelState: isUp ? 6 : 4, CallerIDNum: client },
        ...{ ConnectedLineNum: isUp ? phone : '', Exten: '74950000101', Uniqueid: ids.Linkedid, ...ids },
        ...{ Application: 'Dial', ApplicationData: `PJSIP/${phone},30`, Duration: '00:01:07' },
      }),
      snapshot({
        ...{ Channel: `PJSIP/${phone}-${hex(count)}`, ChannelState: isUp ? 6 : 5, CallerIDNum: phone },
        ...{ ConnectedLineNum: client, Exten: '', Uniqueid: `1700000000.${count * 2 + 1}`, ...ids },
        ...{ Application: 'AppDial', ApplicationData: '(Outgoing Line)', Duration: '00:01:07' },
      }),
    ];
  }).flat();
}

const hex = (count: number): string => count.toString(16).padStart(8, '0');

/** The relay's own reader, asked for a list and fed with the reply. */
async function openReader() {
  const fed = await openFedConnection({
    onPacket: () => undefined,
    onListenerError: console.error,
    onClose: () => undefined, // at the end; before it, what is asked is refused
  });
  let asked = 0;
  /** The rows of one reply, and the microseconds that it took to read them. */
  const read = async (rows: readonly Fields[]): Promise<{ channels: ChannelFacts[] | null; us: number }> => {
    const list = pollChannels(fed.ami);
    const bytes = Buffer.from(channelList(`${FED_ID}-${++asked}`, rows));
    const startedAt = cpuUs();
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) fed.feed(bytes.subarray(at, at + CHUNK_BYTES));
    const channels = await list;
    return { channels, us: cpuUs() - startedAt };
  };
  return { read, [Symbol.asyncDispose]: () => fed[Symbol.asyncDispose]() };
}
