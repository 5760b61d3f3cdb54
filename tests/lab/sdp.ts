// The little SDP that the lab's phones need: one stream of G.711 µ-law and keys, sent and held. Pure; called by lab/call.ts. [RFC 4566, RFC 3264]

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

export interface Media {
  readonly host: string;
  readonly port: number;
  readonly direction: MediaDirection;
}

export const DTMF_PAYLOAD = 101;

export function formatSdp({ host, port, direction }: Media, version: number): string {
  const lines = [
    'v=0',
    `o=- 1 ${version} IN IP4 ${host}`,
    's=-',
    `c=IN IP4 ${host}`,
    't=0 0',
    `m=audio ${port} RTP/AVP 0 ${DTMF_PAYLOAD}`,
    'a=rtpmap:0 PCMU/8000',
    `a=rtpmap:${DTMF_PAYLOAD} telephone-event/8000`,
    `a=fmtp:${DTMF_PAYLOAD} 0-16`,
    'a=ptime:20',
    `a=${direction}`,
  ];
  return lines.map((line) => `${line}\r\n`).join('');
}

/** @returns where the other side wants its sound, null if this is no offer or answer with a sound stream */
export function parseSdp(text: string): Media | null {
  const host = /^c=IN IP4 (\S+)/m.exec(text)?.[1];
  const port = /^m=audio (\d+)/m.exec(text)?.[1];
  if (host === undefined || port === undefined) return null;
  const direction = /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(text)?.[1] as
    MediaDirection | undefined;
  return { host, port: Number(port), direction: direction ?? 'sendrecv' };
}

/** How to answer an offer of this direction, seen from the other side. */
export function answerDirection(offered: MediaDirection): MediaDirection {
  if (offered === 'sendonly') return 'recvonly';
  if (offered === 'recvonly') return 'sendonly';
  return offered;
}
