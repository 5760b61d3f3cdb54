// The answer to a SIP server's question who we are. Pure (the client's nonce comes in); called by lab/sip.ts. [RFC 2617 3.2.2, RFC 3261 22.4]

import { createHash } from 'node:crypto';

export interface Credentials {
  readonly username: string;
  readonly secret: string;
}

/** @param challenge value of WWW-Authenticate or Proxy-Authenticate @returns the value of (Proxy-)Authorization */
export function answerChallenge(
  challenge: string,
  { username, secret }: Credentials,
  request: { readonly method: string; readonly uri: string; readonly clientNonce: string },
): string {
  const parameter = (name: string) =>
    new RegExp(`(?:^|[\\s,])${name}\\s*=\\s*(?:"([^"]*)"|([^,\\s]+))`, 'i')
      .exec(challenge)
      ?.slice(1)
      .find(Boolean) ?? '';
  const realm = parameter('realm');
  const nonce = parameter('nonce');
  const hasQuality = parameter('qop')
    .split(/\s*,\s*/)
    .includes('auth');
  const identity = md5(`${username}:${realm}:${secret}`);
  const target = md5(`${request.method}:${request.uri}`);
  const count = '00000001';
  const middle = hasQuality ? `${nonce}:${count}:${request.clientNonce}:auth` : nonce;
  const parts = [
    `username="${username}"`,
    `realm="${realm}"`,
    `nonce="${nonce}"`,
    `uri="${request.uri}"`,
    `response="${md5(`${identity}:${middle}:${target}`)}"`,
    'algorithm=MD5',
  ];
  const opaque = parameter('opaque');
  if (opaque !== '') parts.push(`opaque="${opaque}"`);
  if (hasQuality) parts.push('qop=auth', `nc=${count}`, `cnonce="${request.clientNonce}"`);
  return `Digest ${parts.join(', ')}`;
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
