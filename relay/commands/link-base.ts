// Where the links begin that commands print. Pure; called by `invite.ts` and `setup-link.ts`.
import type { Config } from '../config.ts';

type Reached = Pick<Config, 'publicUrl' | 'listen' | 'tlsCertificate'>;

/** As IT has named it, else where the relay listens; null: neither says how it is reached. */
export function linkBase({ publicUrl, listen: { host, port }, tlsCertificate }: Reached): string | null {
  if (publicUrl !== null) return publicUrl.replace(/\/+$/, '');
  if (host === '0.0.0.0' || host === '::' || port === 0) return null;
  const scheme = tlsCertificate === null ? 'http' : 'https';
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
