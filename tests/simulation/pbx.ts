// A small model of Asterisk: channels, bridges, and every change told over AMI in the order that the real one does. It
// knows nothing of people; `office.ts` does. Pure. Called by the operations.
import type { Packet } from '../../relay/ami/packet.ts';
import type { Bridge, Dialect, ModelChannel } from './dialect.ts';
import type { Random } from './random.ts';

export const DOWN = 0;
export const RING = 4;
export const RINGING = 5;
export const UP = 6;

export type PbxOptions = {
  dialect: Dialect;
  random: Random;
  /** `SIP` or `PJSIP`. */
  technology: string;
  now(): number;
  send(packet: Packet): void;
  /** Something has changed that is not told yet: a poll may be answered right here. */
  onMoment(): void;
};

export type Pbx = ReturnType<typeof createPbx>;

type NewChannel = Partial<ModelChannel> & { endpoint: string };

export function createPbx({ dialect, technology, now, send, onMoment, ...options }: PbxOptions) {
  const channels = new Set<ModelChannel>();
  let names = 0;
  let ids = 0;
  let bridges = 0;
  /** Uniqueids begin with the second at which Asterisk made the channel; restarts never repeat one. */
  const tell = (packets: readonly Packet[]): void => {
    for (const packet of packets) {
      send(packet);
      onMoment();
    }
  };
  const nextUniqueid = (): string => `${Math.floor(now() / 1000)}.${ids++}`;

  const make = (name: string, extension: string | null, given: Partial<ModelChannel>): ModelChannel => {
    const uniqueid = nextUniqueid();
    const channel: ModelChannel = {
      name,
      uniqueid,
      linkedid: uniqueid,
      extension,
      state: DOWN,
      callerNumber: extension ?? '',
      connectedNumber: '',
      exten: '',
      application: '',
      applicationData: '',
      bridge: null,
      madeAt: now(),
      cameByQueue: false,
      transferredBy: null,
      truth: null,
      ...given,
    };
    channels.add(channel);
    onMoment();
    tell(dialect.made(channel));
    return channel;
  };

  const leave = (channel: ModelChannel): void => {
    const { bridge } = channel;
    if (!bridge) return;
    const packets = dialect.left(bridge, channel);
    bridge.members = bridge.members.filter((member) => member !== channel);
    channel.bridge = null;
    tell(packets);
  };

  const makeBridge = (type: Bridge['type']): Bridge => ({ id: `b-${bridges++}`, type, members: [] });
  const enter = (bridge: Bridge, channel: ModelChannel): void => {
    channel.bridge = bridge;
    bridge.members.push(channel);
    onMoment();
    tell(dialect.entered(bridge, channel));
    // [12+] Who is joined has one Linkedid from then on, the oldest; the event itself still tells the one before.
    if (bridge.type !== 'basic') return;
    const oldest = bridge.members
      .map(({ linkedid }) => linkedid)
      .reduce((one, other) => (isOlder(one, other) ? one : other));
    for (const member of bridge.members) member.linkedid = oldest;
  };

  const rename = (channel: ModelChannel, name: string): void => {
    dialect.renamed(channel, name).forEach(send);
    channel.name = name;
  };

  return {
    dialect,
    channels,
    tell,
    /** A channel of a device: a phone where the endpoint is an extension. */
    open({ endpoint, ...given }: NewChannel): ModelChannel {
      const name = `${technology}/${endpoint}-${(names++).toString(16).padStart(8, '0')}`;
      return make(name, /^\d+$/.test(endpoint) ? endpoint : null, given);
    },
    /** Both halves of a Local channel. */
    openLocal(exten: string, given: Partial<ModelChannel>): [ModelChannel, ModelChannel] {
      const name = `Local/${exten}@internal-${(names++).toString(16).padStart(8, '0')}`;
      const first = make(`${name};1`, null, { exten, ...given });
      return [first, make(`${name};2`, null, { exten, ...given, linkedid: first.linkedid, state: RING })];
    },
    /** A channel of no device, which only lends its body to a masquerade [11]. */
    openShadow: (name: string): ModelChannel => make(name, null, {}),
    setState(channel: ModelChannel, state: number): void {
      channel.state = state;
      tell(dialect.stateChanged(channel));
    },
    setConnected(channel: ModelChannel, number: string): void {
      if (channel.connectedNumber === number) return;
      channel.connectedNumber = number;
      onMoment();
      tell(dialect.connectedChanged(channel));
    },
    setCaller(channel: ModelChannel, number: string): void {
      channel.callerNumber = number;
      tell(dialect.callerChanged(channel));
    },
    bridge(...members: readonly ModelChannel[]): Bridge {
      const bridge = makeBridge('basic');
      for (const channel of members) enter(bridge, channel);
      return bridge;
    },
    makeBridge,
    enter,
    leave,
    hangUp(channel: ModelChannel, cause: number): void {
      leave(channel);
      if (!channels.delete(channel)) return;
      onMoment();
      tell(dialect.hungUp(channel, cause));
    },
    /**
     * [11] `channel` goes on in the body of `original`: its bridge, its place in the dialplan, its Uniqueid. What is
     * left of it is returned: a zombie with the body that `channel` had.
     */
    masquerade(channel: ModelChannel, original: ModelChannel): ModelChannel {
      // Under locks all the way: a poll sees what is before or after it, and zombies then.
      const [name, otherName] = [channel.name, original.name];
      dialect.masqueraded(channel, original).forEach(send);
      rename(channel, `${name}<MASQ>`);
      rename(original, name);
      rename(channel, `${otherName}<ZOMBIE>`);
      swapBodies(channel, original);
      original.extension = null;
      original.truth = null;
      onMoment();
      tell(dialect.callerChanged(channel));
      return original;
    },
    /** Asterisk dies and comes back: no word of what was, and names are counted from 0 again. */
    restart(): void {
      channels.clear();
      names = 0;
      ids = 0;
    },
    rows(): Packet[] {
      const rows = [...channels].map((channel) => dialect.row(channel, now()));
      if (options.random.chance(0.5)) rows.reverse();
      return [...rows, dialect.rowsComplete(rows.length)];
    },
  };
}

const BODY = [
  'name',
  'uniqueid',
  'linkedid',
  'exten',
  'application',
  'applicationData',
  'connectedNumber',
] as const;

function swapBodies(one: ModelChannel, other: ModelChannel): void {
  for (const key of BODY) [one[key], other[key]] = [other[key], one[key]];
  const [bridge, otherBridge] = [one.bridge, other.bridge];
  const replace = (into: Bridge | null, was: ModelChannel, is: ModelChannel): void => {
    is.bridge = into;
    if (into) into.members = into.members.map((member) => (member === was ? is : member));
  };
  if (bridge === otherBridge) return;
  replace(bridge, one, other);
  replace(otherBridge, other, one);
}

/** `seconds.count` */
function isOlder(one: string, other: string): boolean {
  const [[seconds = 0, count = 0], [otherSeconds = 0, otherCount = 0]] = [one, other].map((id) =>
    id.split('.').map(Number),
  ) as [number[], number[]];
  return seconds === otherSeconds ? count < otherCount : seconds < otherSeconds;
}
