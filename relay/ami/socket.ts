// The way to Asterisk's manager: TCP, or TLS with the certificate checked, which asterisk-manager cannot. Shell;
// `ami/connection.ts` hands the socket to the package.
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
