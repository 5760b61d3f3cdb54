// What a configuration allows that IT may not have meant, said in the log once at the start. Called by `commands/serve.ts`.
import { isLoopback } from '../config.ts';
import type { Config } from '../config.ts';
import type { Log } from '../log.ts';

/** The dialplan keeps such a call for 2 s, and one poll may be doubted. */
const SLOWEST_PAIRING_POLL_MS = 1_000;

export function warnOfRisks(
  { auth, listen, pbxs, tlsCertificate, plainBeyondLoopback }: Config,
  log: Log,
): void {
  if (auth === 'open')
    log.warn('auth is "open": everybody who can reach this relay can watch the calls of every extension');
  if (auth === 'open' && !isLoopback(listen.host))
    log.warn('the relay listens beyond this machine, as RINGCUE_OPEN_BEYOND_LOOPBACK asks');
  if (!isLoopback(listen.host) && tlsCertificate === null && plainBeyondLoopback)
    log.warn('the relay speaks without TLS to others, as RINGCUE_PLAIN_BEYOND_LOOPBACK asks');
  for (const { name, amiEvents, pollEveryMs } of auth === 'pairing' ? pbxs : [])
    if (!amiEvents && pollEveryMs > SLOWEST_PAIRING_POLL_MS)
      log.warn(
        { pbx: name, pollEveryMs },
        'by polls alone a phone that dials a code may be missed: set RINGCUE_POLL_EVERY_MS to 1000 or less',
      );
  for (const [n, { name, prefix, extensions }] of pbxs.entries())
    for (const other of pbxs.slice(n + 1))
      if (other.prefix === prefix && other.extensions.source === extensions.source)
        log.warn(
          { pbxs: [name, other.name] },
          'two PBXs may have the same extensions, and whoever has one is told the calls of both: if these are two ' +
            'people, give one PBX a prefix',
        );
}
