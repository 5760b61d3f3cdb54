// What the relay's own side tells. Pure; called by `doctor/relay-checks.ts`.
import { daysLeft, FEW_DAYS } from '../feed/expiry.ts';
import type { Finding } from './finding.ts';
import { doubtful, well, wrong } from './judge-way.ts';

export type Listening = { state: 'free' | 'served' | 'taken' } | { state: 'refused'; code: string };

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'this account may not listen below port 1024: take a higher port, and a proxy before it',
  EADDRNOTAVAIL: 'this machine has no such address: correct RINGCUE_LISTEN, 0.0.0.0 is all of them',
  ENOTFOUND: 'the name is not known here: correct RINGCUE_LISTEN',
};

export function judgeListening(
  { host, port }: { host: string; port: number },
  listening: Listening,
): Finding {
  const place = `${host}:${port}`;
  switch (listening.state) {
    case 'free':
      return well(`${place} is free for the relay`);
    case 'served':
      return well(`a relay serves ${place} already`);
    case 'taken':
      return wrong(
        `another program listens at ${place}: end it, or give the relay another port in RINGCUE_LISTEN`,
        {
          where: 'a shell on the relay’s machine, to see which',
          lines: [`ss -ltnp "sport = :${port}"`],
        },
      );
    case 'refused':
      return wrong(`${place}: ${REFUSALS[listening.code] ?? listening.code}`);
  }
}

export function judgeCertificate(
  { names, validFrom, validTo }: { names: string; validFrom: number; validTo: number },
  now: number,
): Finding {
  const until = new Date(validTo).toISOString().slice(0, 10);
  const days = Math.floor(daysLeft({ validTo }, now));
  if (now > validTo)
    return wrong(`for ${names}, expired on ${until}: no browser connects any more, renew it`);
  if (now < validFrom)
    return wrong(`for ${names}, not valid before ${new Date(validFrom).toISOString()}: compare the clock`);
  return days < FEW_DAYS
    ? doubtful(`for ${names}, expires on ${until}, in ${days} days: renew it`)
    : well(`for ${names}, good until ${until}, ${days} days`);
}
