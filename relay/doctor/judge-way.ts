// What the way to Asterisk's manager tells: name, port, greeting, login. Pure; called by `doctor/pbx-checks.ts`.
import type { Finding } from './finding.ts';
import { REMEDIES } from './remedies.ts';

export type Resolved = { addresses: string[] } | { error: string };
export type Reached = { localAddress: string } | { error: string };
export type Greeting = { line: string } | { silence: true } | { closed: string } | { tlsFault: string };
/** What is known of the account and from where it is used; `relayAddress` as the PBX sees it, but for NAT. */
export type Access = { host: string; port: number; username: string; isTls: boolean; relayAddress: string };

export const well = (text: string): Finding => ({ mark: 'well', text, remedy: null });
export const unknown = (text: string): Finding => ({ mark: 'unknown', text, remedy: null });
export const wrong = (text: string, remedy: Finding['remedy'] = null): Finding => ({
  mark: 'wrong',
  text,
  remedy,
});
export const doubtful = (text: string, remedy: Finding['remedy'] = null): Finding => ({
  mark: 'doubtful',
  text,
  remedy,
});

export function judgeName(host: string, resolved: Resolved): Finding {
  if ('addresses' in resolved && resolved.addresses.length > 0)
    return well(
      resolved.addresses.includes(host)
        ? `${host} is an address`
        : `${host} is ${resolved.addresses.join(', ')}`,
    );
  const reason = 'error' in resolved ? resolved.error : 'no address';
  return wrong(
    `the name ${host} is not known here (${reason}): correct RINGCUE_AMI_HOST, or write the address in its place`,
  );
}

export function judgePort(access: Access, reached: Reached): Finding {
  const { host, port, isTls, relayAddress } = access;
  if ('localAddress' in reached)
    return well(`${host}:${port} accepts connections from ${reached.localAddress}`);
  if (reached.error === 'ECONNREFUSED')
    return wrong(
      `nobody listens at ${host}:${port}: Asterisk is down, its manager is off, or it listens on another port or address`,
      isTls ? REMEDIES.managerTls(port) : REMEDIES.managerOn(port),
    );
  return wrong(
    `${host}:${port} does not answer (${reached.error}): a firewall swallows it, or the machine is off`,
    REMEDIES.firewall(relayAddress || 'THE-RELAYS-ADDRESS', port),
  );
}

export function judgeGreeting({ host, port, isTls }: Access, greeting: Greeting): Finding {
  const place = `${host}:${port}`;
  if ('tlsFault' in greeting) return wrong(`no safe connection to ${place}: ${greeting.tlsFault}`);
  if ('silence' in greeting)
    return wrong(
      `${place} accepts the connection and says nothing: Asterisk hangs` +
        (isTls ? '' : ', or TLS is spoken there (then set RINGCUE_AMI_TLS=yes)'),
      REMEDIES.unresponsive(),
    );
  if ('closed' in greeting)
    return wrong(
      `${place} closes the connection without a word (${greeting.closed}): too many are being opened (authlimit in ` +
        `manager.conf), or it is ${isTls ? 'a port without TLS' : 'no manager'}`,
    );
  const version = /^Asterisk Call Manager\/([\w.]+)/.exec(greeting.line)?.[1];
  return version === undefined
    ? wrong(`what answers at ${place} is no Asterisk manager: it says "${printable(greeting.line)}"`)
    : well(`Asterisk's manager, protocol ${version}${isTls ? ', its certificate is in order' : ''}`);
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);

/** `error`: what the login ended in; null: it worked. */
export function judgeLogin(access: Access, error: { code: string; message: string } | null): Finding {
  if (error === null) return well(`the account "${access.username}" is accepted`);
  if (error.code !== 'ami.login-refused') return wrong(error.message);
  return wrong(
    `the account "${access.username}" is refused: another name or secret, or its permit lines leave out this ` +
      `machine (${access.relayAddress}); Asterisk does not say which`,
    REMEDIES.account(access.username, access.relayAddress),
  );
}
