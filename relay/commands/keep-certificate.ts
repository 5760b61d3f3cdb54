// The relay's certificate while it serves: log and metrics say how long it is good for, and a renewed one is handed on.
// Shell; `commands/serve.ts` starts it.
import type { Config } from '../config.ts';
import { readCertificate, watchCertificate } from '../feed/certificate.ts';
import type { Certificate } from '../feed/certificate.ts';
import { daysLeft, FEW_DAYS } from '../feed/expiry.ts';
import type { Log } from '../log.ts';
import type { Metrics } from '../metrics.ts';

const JUDGE_EVERY_MS = 3_600_000;
const WARN_EVERY_MS = 24 * JUDGE_EVERY_MS;

export type KeptCertificate = {
  first: Certificate;
  onRenewed(use: (certificate: Certificate) => void): void;
  stop(): void;
};

/** null: no TLS is spoken. Throws where the first pair is not to be used. */
export function keepCertificate(
  { tlsCertificate, tlsKey }: Config,
  log: Log,
  metrics: Metrics,
): KeptCertificate | null {
  if (tlsCertificate === null || tlsKey === null) return null;
  const files = { certificate: tlsCertificate, key: tlsKey };
  const first = readCertificate(files);
  let current = first;
  let warnedAt = -Infinity;
  let use: (certificate: Certificate) => void = () => undefined;
  const judge = (): void => {
    const days = daysLeft(current, Date.now());
    metrics.certificateDays.set({ certificate: 'feed' }, days);
    if (days >= FEW_DAYS || performance.now() - warnedAt < WARN_EVERY_MS) return;
    warnedAt = performance.now();
    const about = { file: files.certificate, validTo: new Date(current.validTo).toISOString() };
    if (days < 0) log.error(about, 'certificate: expired, no browser connects any more; renew it');
    else log.warn({ ...about, days: Math.floor(days) }, 'certificate: expires soon, renew it');
  };
  judge();
  const judging = setInterval(judge, JUDGE_EVERY_MS).unref();
  const watching = watchCertificate(files, {
    onRead: (certificate) => {
      current = certificate;
      warnedAt = -Infinity;
      use(certificate);
      log.info(
        { file: files.certificate, validTo: new Date(certificate.validTo).toISOString() },
        'certificate: renewed, whoever is connected stays so',
      );
      judge();
    },
    onFault: (message) =>
      log.error({ detail: message }, 'certificate: the new one is not taken, the one before stays in use'),
  });
  return {
    first,
    onRenewed: (listener) => (use = listener),
    stop: () => {
      clearInterval(judging);
      watching.stop();
    },
  };
}
