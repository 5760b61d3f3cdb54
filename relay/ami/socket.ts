// The way to Asterisk's manager: TCP, or TLS with the certificate checked, which asterisk-manager cannot. Opens the socket
// and says in words why TLS was refused. Shell; `ami/connection.ts` hands the socket to the package.
// [manager.conf: tlsenable, tlsbindaddr, tlscertfile; RFC 6125: whose certificate it must be]
import { readFileSync } from 'node:fs';
import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { checkServerIdentity, connect as connectTls } from 'node:tls';
import type { PeerCertificate } from 'node:tls';

/** The oldest version of TLS that is spoken. */
export type TlsVersion = '1.0' | '1.1' | '1.2' | '1.3';

export type AmiTls = {
  /** File of the authorities that may have signed the certificate; null: those that this machine's Node knows. */
  caFile: string | null;
  /** The name that must stand in the certificate; null: the host. */
  name: string | null;
  minVersion: TlsVersion;
};

export type AmiPlace = { host: string; port: number; tls?: AmiTls | null };

/** Not connected yet. Throws Node's error when the file of authorities cannot be read or used. */
export function openAmiSocket({ host, port, tls }: AmiPlace, onReady: () => void): Socket {
  if (!tls) return connect({ host, port }, onReady);
  const name = tls.name ?? host;
  const isOld = tls.minVersion === '1.0' || tls.minVersion === '1.1';
  return connectTls(
    {
      host,
      port,
      // Read for each attempt, so that a new file needs no restart.
      ...(tls.caFile !== null && { ca: readFileSync(tls.caFile) }),
      // An address may not be asked for by name [RFC 6066 3], but the certificate must still be that address's.
      servername: isIP(name) === 0 ? name : '',
      checkServerIdentity: (_asked, certificate) => identityFault(name, certificate),
      minVersion: tls.minVersion === '1.0' ? 'TLSv1' : `TLSv${tls.minVersion}`,
      // What OpenSSL of today refuses at its usual level: TLS 1.0 altogether, and keys of 1024 bits.
      ...(isOld && { ciphers: 'DEFAULT@SECLEVEL=0' }),
    },
    onReady,
  );
}

/** Asterisk's own ast_tls_cert writes the name where it stood before 2000, in the subject, and addresses, too. */
const identityFault = (name: string, certificate: PeerCertificate): Error | undefined =>
  certificate.subjectaltname === undefined && certificate.subject.CN === name
    ? undefined
    : checkServerIdentity(name, certificate);

const UNKNOWN_SIGNER =
  'its certificate is signed by nobody that this machine knows: name the file of the authority that signed it, or of the ' +
  'certificate itself where it signed itself, in ami.tlsCa';
const TOO_OLD =
  'it speaks only an older TLS or with weaker keys: renew its certificate (2048 bits) and OpenSSL, or, on a network of ' +
  'your own, set ami.tlsMinVersion to 1.0';
const NO_TLS =
  'there is no TLS on that port: set ami.port to that of tlsbindaddr in manager.conf (5039), and tlsenable = yes there; ' +
  'or set ami.tls to no';

/** By the codes of OpenSSL and Node. */
const FAULTS: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED:
    'its certificate has expired: renew tlscertfile of manager.conf, then restart Asterisk or run "manager reload"',
  CERT_NOT_YET_VALID:
    'its certificate is not valid yet: compare the clocks of both machines, or the dates of the certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_SIGNER,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_SIGNER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_SIGNER,
  CERT_SIGNATURE_FAILURE: UNKNOWN_SIGNER,
  ERR_SSL_UNSUPPORTED_PROTOCOL: TOO_OLD,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: TOO_OLD,
  ERR_SSL_TLS_ALERT_PROTOCOL_VERSION: TOO_OLD,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: TOO_OLD,
  ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE: TOO_OLD,
  ERR_SSL_EE_KEY_TOO_SMALL: TOO_OLD,
  ERR_SSL_CA_MD_TOO_WEAK: TOO_OLD,
  ERR_SSL_DH_KEY_TOO_SMALL: TOO_OLD,
  ERR_SSL_WRONG_SIGNATURE_TYPE: TOO_OLD,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** What to do about it, where TLS was refused; null: that is not what went wrong. */
export function explainTlsFault({ host, tls }: AmiPlace, error: Error): string | null {
  if (!tls) return null;
  const { code = '', cert } = error as Error & { code?: string; cert?: PeerCertificate };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (cert?.subjectaltname ?? cert?.subject.CN?.toString() ?? 'nobody').slice(0, 200);
    return (
      `its certificate is for ${names} and not for ${tls.name ?? host}: ` +
      'set ami.host or ami.tlsName to what stands in it, or renew it'
    );
  }
  if (Object.hasOwn(FAULTS, code)) return FAULTS[code] ?? null;
  if (/ too (?:weak|small)/.test(error.message)) return TOO_OLD; // what Node has no code for
  return code.startsWith('ERR_SSL_') || code.startsWith('CERT_') ? `TLS failed: ${code}` : null;
}
