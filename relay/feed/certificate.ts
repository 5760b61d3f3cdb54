// The relay's own certificate: read, judged, and read again when its files change, so that a renewed one needs no restart.
// A new pair that does not fit is told and not taken. Shell; `serve.ts` starts it, `doctor` reads once.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { Stats } from 'node:fs';
import { createSecureContext } from 'node:tls';

const LOOK_EVERY_MS = 1_000; // by stat, as change events do not pass through bind mounts and network drives
/** Certificate and key are written one after the other. */
const SETTLE_MS = 1_000;

export type CertificateFiles = { certificate: string; key: string };

export type Certificate = {
  cert: Buffer;
  key: Buffer;
  /** Of whom it is, as it stands there: `DNS:ringcue.example`. */
  names: string;
  validFrom: number;
  validTo: number;
};

/** Throws what is wrong with it, for people. */
export function readCertificate(files: CertificateFiles): Certificate {
  const [cert, key] = [readFileSync(files.certificate), readFileSync(files.key)];
  const first = reading(files.certificate, 'is no certificate in PEM', () => new X509Certificate(cert));
  const own = reading(files.key, 'is no private key in PEM without a password', () => createPrivateKey(key));
  if (!first.checkPrivateKey(own))
    throw new Error(
      `${files.key} is not the key of the first certificate in ${files.certificate}: ` +
        'the relay’s own certificate must stand there first, those of its authorities after it',
    );
  reading(files.certificate, 'is not one that TLS of today takes', () => createSecureContext({ cert, key }));
  return {
    cert,
    key,
    names: first.subjectAltName ?? first.subject,
    validFrom: Date.parse(first.validFrom),
    validTo: Date.parse(first.validTo),
  };
}

function reading<T>(file: string, fault: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${file} ${fault} (${(error as { code?: string }).code ?? 'no code'})`, { cause: error });
  }
}

export type WatchOptions = {
  onRead(certificate: Certificate): void;
  /** The one before stays in use. */
  onFault(message: string): void;
  lookEveryMs?: number;
  settleMs?: number;
};

/** Tells of changes from now on. */
export function watchCertificate(files: CertificateFiles, options: WatchOptions): { stop(): void } {
  const { lookEveryMs = LOOK_EVERY_MS, settleMs = SETTLE_MS, onRead, onFault } = options;
  let settling: NodeJS.Timeout | undefined;
  const read = (): void => {
    let certificate: Certificate;
    try {
      certificate = readCertificate(files);
    } catch (error) {
      return onFault((error as Error).message);
    }
    onRead(certificate);
  };
  const onChange = (now: Stats, before: Stats): void => {
    if (now.mtimeMs === before.mtimeMs && now.size === before.size && now.ino === before.ino) return;
    clearTimeout(settling);
    settling = setTimeout(read, settleMs).unref();
  };
  const watched = [...new Set([files.certificate, files.key])];
  for (const file of watched) watchFile(file, { interval: lookEveryMs, persistent: false }, onChange);
  return {
    stop: () => {
      clearTimeout(settling);
      for (const file of watched) unwatchFile(file, onChange);
    },
  };
}
