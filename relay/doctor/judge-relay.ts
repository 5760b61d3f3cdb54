// What the relay's own side tells. Pure; called by `doctor/relay-checks.ts`.
import { daysLeft, FEW_DAYS } from '../feed/expiry.ts';
import { alike } from '../said.ts';
import type { Said } from '../said.ts';
import { doubtful, well, wrong } from './finding.ts';
import type { Finding } from './finding.ts';

export type Listening = { state: 'free' | 'served' | 'taken' } | { state: 'refused'; code: string };

const REFUSALS: Readonly<Record<string, Said>> = {
  EACCES: {
    en: 'this account may not listen below port 1024: take a higher port, and a proxy before it',
    ru: 'этому пользователю нельзя слушать порты ниже 1024: возьмите порт выше и прокси перед ним',
  },
  EADDRNOTAVAIL: {
    en: 'this machine has no such address: correct RINGCUE_LISTEN, 0.0.0.0 is all of them',
    ru: 'такого адреса у этой машины нет: исправьте RINGCUE_LISTEN, 0.0.0.0 значит «все»',
  },
  ENOTFOUND: {
    en: 'the name is not known here: correct RINGCUE_LISTEN',
    ru: 'такое имя здесь неизвестно: исправьте RINGCUE_LISTEN',
  },
};

export function judgeListening(
  { host, port }: { host: string; port: number },
  listening: Listening,
): Finding {
  const place = `${host}:${port}`;
  switch (listening.state) {
    case 'free':
      return well({ en: `${place} is free for the relay`, ru: `${place} свободен` });
    case 'served':
      return well({ en: `a relay serves ${place} already`, ru: `на ${place} уже работает Ringcue` });
    case 'taken':
      return wrong(
        {
          en: `another program listens at ${place}: end it, or give the relay another port in RINGCUE_LISTEN`,
          ru: `${place} занят другой программой: завершите её или задайте другой порт в RINGCUE_LISTEN`,
        },
        {
          where: {
            en: 'a shell on the relay’s machine, to see which',
            ru: 'консоль машины с Ringcue, чтобы узнать какой',
          },
          lines: [`ss -ltnp "sport = :${port}"`],
        },
      );
    case 'refused':
      return wrong(refusal(place, REFUSALS[listening.code] ?? alike(listening.code)));
  }
}

const refusal = (place: string, { en, ru }: Said): Said => ({ en: `${place}: ${en}`, ru: `${place}: ${ru}` });

export function judgeCertificate(
  { names, validFrom, validTo }: { names: string; validFrom: number; validTo: number },
  now: number,
): Finding {
  const until = new Date(validTo).toISOString().slice(0, 10);
  const days = Math.floor(daysLeft({ validTo }, now));
  if (now > validTo)
    return wrong({
      en: `for ${names}, expired on ${until}: no browser connects any more, renew it`,
      ru: `для ${names}, истёк ${until}: браузеры больше не подключаются, обновите его`,
    });
  if (now < validFrom)
    return wrong({
      en: `for ${names}, not valid before ${new Date(validFrom).toISOString()}: compare the clock`,
      ru: `для ${names}, действует только с ${new Date(validFrom).toISOString()}: сверьте часы`,
    });
  return days < FEW_DAYS
    ? doubtful({
        en: `for ${names}, expires on ${until}, in ${days} days: renew it`,
        ru: `для ${names}, истекает ${until}, осталось дней: ${days}; обновите его`,
      })
    : well({
        en: `for ${names}, good until ${until}, ${days} days`,
        ru: `для ${names}, действует до ${until}, осталось дней: ${days}`,
      });
}
