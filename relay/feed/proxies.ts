// Whose word about where a connection comes from is taken: X-Forwarded-For is written by anybody, so only what a proxy of
// one's own has added to it counts. Called by `feed/server.ts`; `config-door.ts` asks whether an entry is one.
// [RFC 7239 7.1, 8.1: the list grows to the right]
import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';

/** More hops than any company has, and a bound for what strangers may make us read. */
const MAX_HOPS = 32;

/** The end of a connection: an address, or '' where it is gone already. */
export type PeerOf = (request: IncomingMessage) => string;

/** `entries`: addresses and networks as `isProxy` takes them. */
export function peerReader(entries: readonly string[]): PeerOf {
  if (entries.length === 0) return ({ socket }) => socket.remoteAddress ?? '';
  const trusted = new BlockList();
  for (const entry of entries) {
    const { address, bits, family } = parse(entry) ?? fail(entry);
    trusted.addSubnet(address, bits, family);
  }
  const isTrusted = (address: string): boolean => trusted.check(address, familyOf(address));
  return ({ socket, headers }) => {
    let peer = socket.remoteAddress ?? '';
    const told = headers['x-forwarded-for'];
    if (peer === '' || told === undefined) return peer;
    // From the right: each trusted one is believed about who is to its left, and the first that is not is the peer.
    for (const hop of String(told).split(',').slice(-MAX_HOPS).reverse()) {
      if (!isTrusted(peer)) break;
      const address = addressOf(hop.trim());
      if (address === null) break;
      peer = address;
    }
    return peer;
  };
}

/** `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`. */
export const isProxy = (entry: string): boolean => parse(entry) !== null;

function parse(entry: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | null {
  const match = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry);
  const address = match?.[1] ?? '';
  const version = isIP(address);
  if (version === 0) return null;
  const most = version === 4 ? 32 : 128;
  const bits = match?.[2] === undefined ? most : Number(match[2]);
  return bits > most ? null : { address, bits, family: familyOf(address) };
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** Some proxies add the port: `192.0.2.7:50123`, `[2001:db8::7]:50123`. */
function addressOf(hop: string): string | null {
  const address = /^\[([^\]]+)\](?::\d+)?$/.exec(hop)?.[1] ?? /^([\d.]+):\d+$/.exec(hop)?.[1] ?? hop;
  return isIP(address) === 0 ? null : address;
}

const fail = (entry: string): never => {
  throw new Error(`${entry} is neither an address nor a network`);
};
