// What a session does that asks to be paired in place of a hello: shows a code until the phone has dialled it, or takes an
// invitation. Shell; `feed/session.ts` begins it and owns the socket.
//
//   pair with         →
//   an invitation     paired, then 4007; or 4505, 4006
//   no invitation     code; then paired and 4007 when the phone has dialled it, or 4005 after 120 s; or 4503, 4006
import { CLOSE } from '../../shared/protocol.ts';
import type { Down, Pair } from '../../shared/protocol.ts';
import type { Pairing } from '../pairing/pairing.ts';

export type PairOptions = {
  pairing: Pick<Pairing, 'ask' | 'accept'>;
  address: string;
  isExtension(text: string): boolean;
  now(): number;
  send(message: Down): void;
  close(code: number, reason: string): void;
};

/** Returns what is to be called when the session ends. */
export function beginPairing({ extension, invitation, name }: Pair, options: PairOptions): () => void {
  const { pairing, address, send, close, now } = options;
  const nothing = (): void => undefined;
  const refuse = (code: number, reason: string): (() => void) => {
    close(code, reason);
    return nothing;
  };
  const succeed = (owner: string, token: string, deviceId: string): void => {
    send({ type: 'paired', extension: owner, token, deviceId });
    close(CLOSE.paired, 'paired: come back with the token');
  };
  const tooMany = 'too many codes are asked for: try again later';

  if (invitation !== null) {
    const accepted = pairing.accept(invitation, { extension, address, name });
    if (accepted === 'too-many') return refuse(CLOSE.tooManyCodes, tooMany);
    if (accepted === 'refused')
      return refuse(CLOSE.invitationRefused, 'this invitation is wrong, used or too old');
    succeed(accepted.extension, accepted.token, accepted.deviceId);
    return nothing;
  }
  if (extension === null || !options.isExtension(extension))
    return refuse(
      CLOSE.extensionNotAllowed,
      `${extension ?? 'none'} is not an extension of this phone system`,
    );
  const onPaired = (token: string, deviceId: string): void => succeed(extension, token, deviceId);
  const code = pairing.ask({ extension, address, name, onPaired });
  if (!code) return refuse(CLOSE.tooManyCodes, tooMany);
  const { dial, expiresAt, dialplan } = code;
  send({ type: 'code', extension, dial, expiresAt, serverTime: now(), dialplan });
  const timer = setTimeout(
    () => close(CLOSE.codeExpired, 'nobody has dialled the code in time'),
    expiresAt - now(),
  );
  return () => {
    clearTimeout(timer);
    code.release();
  };
}
