// What the way to Asterisk's manager tells: name, port, greeting, login. Pure; called by `doctor/pbx-checks.ts`.
import { alike } from '../said.ts';
import type { Said } from '../said.ts';
import { well, wrong } from './finding.ts';
import type { Finding } from './finding.ts';
import { REMEDIES } from './remedies.ts';

export type Resolved = { addresses: string[] } | { error: string };
export type Reached = { localAddress: string } | { error: string };
export type Greeting = { line: string } | { silence: true } | { closed: string } | { tlsFault: Said };
/** What is known of the account and from where it is used; `relayAddress` as the PBX sees it, but for NAT. */
export type Access = { host: string; port: number; username: string; isTls: boolean; relayAddress: string };

export function judgeName(host: string, resolved: Resolved): Finding {
  if ('addresses' in resolved && resolved.addresses.length > 0) {
    const addresses = resolved.addresses.join(', ');
    return well(
      resolved.addresses.includes(host)
        ? { en: `${host} is an address`, ru: `${host} и есть адрес` }
        : { en: `${host} is ${addresses}`, ru: `имя ${host} найдено: ${addresses}` },
    );
  }
  const reason = 'error' in resolved ? resolved.error : 'no address';
  return wrong({
    en: `the name ${host} is not known here (${reason}): correct RINGCUE_AMI_HOST, or write the address in its place`,
    ru: `имя ${host} здесь неизвестно (${reason}): исправьте RINGCUE_AMI_HOST или укажите вместо имени адрес`,
  });
}

export function judgePort(access: Access, reached: Reached): Finding {
  const { host, port, isTls, relayAddress } = access;
  const place = `${host}:${port}`;
  if ('localAddress' in reached)
    return well({
      en: `${place} accepts connections from ${reached.localAddress}`,
      ru: `${place} принимает соединения с ${reached.localAddress}`,
    });
  if (reached.error === 'ECONNREFUSED')
    return wrong(
      {
        en: `nobody listens at ${place}: Asterisk is down, its manager is off, or it listens on another port or address`,
        ru: `${place} никто не слушает: Asterisk не запущен, его manager выключен или слушает другой порт или адрес`,
      },
      isTls ? REMEDIES.managerTls(port) : REMEDIES.managerOn(port),
    );
  return wrong(
    {
      en: `${place} does not answer (${reached.error}): a firewall swallows it, or the machine is off`,
      ru: `${place} не отвечает (${reached.error}): мешает межсетевой экран, или машина выключена`,
    },
    REMEDIES.firewall(relayAddress || 'THE-RELAYS-ADDRESS', port),
  );
}

export function judgeGreeting({ host, port, isTls }: Access, greeting: Greeting): Finding {
  const place = `${host}:${port}`;
  if ('tlsFault' in greeting)
    return wrong({
      en: `no safe connection to ${place}: ${greeting.tlsFault.en}`,
      ru: `защищённого соединения с ${place} нет: ${greeting.tlsFault.ru}`,
    });
  if ('silence' in greeting)
    return wrong(
      {
        en:
          `${place} accepts the connection and says nothing: Asterisk hangs` +
          (isTls ? '' : ', or TLS is spoken there (then set RINGCUE_AMI_TLS=yes)'),
        ru:
          `${place} принимает соединение и молчит: Asterisk завис` +
          (isTls ? '' : ', или там ждут TLS (тогда задайте RINGCUE_AMI_TLS=yes)'),
      },
      REMEDIES.unresponsive(),
    );
  if ('closed' in greeting)
    return wrong({
      en:
        `${place} closes the connection without a word (${greeting.closed}): too many are being opened (authlimit in ` +
        `manager.conf), or it is ${isTls ? 'a port without TLS' : 'no manager'}`,
      ru:
        `${place} молча закрывает соединение (${greeting.closed}): их открывают слишком много (authlimit в ` +
        `manager.conf), или это ${isTls ? 'порт без TLS' : 'не manager'}`,
    });
  const version = /^Asterisk Call Manager\/([\w.]+)/.exec(greeting.line)?.[1];
  if (version === undefined)
    return wrong({
      en: `what answers at ${place} is no Asterisk manager: it says "${printable(greeting.line)}"`,
      ru: `на ${place} отвечает не manager Asterisk, а что-то другое: «${printable(greeting.line)}»`,
    });
  return well({
    en: `Asterisk's manager, protocol ${version}${isTls ? ', its certificate is in order' : ''}`,
    ru: `manager Asterisk, протокол ${version}${isTls ? ', сертификат в порядке' : ''}`,
  });
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 60);

/** `error`: what the login ended in; null: it worked. */
export function judgeLogin(access: Access, error: { code: string; message: string } | null): Finding {
  const { username, relayAddress } = access;
  if (error === null)
    return well({
      en: `the account "${username}" is accepted`,
      ru: `учётная запись «${username}» принята`,
    });
  if (error.code !== 'ami.login-refused') return wrong(alike(error.message));
  return wrong(
    {
      en:
        `the account "${username}" is refused: another name or secret, or its permit lines leave out this ` +
        `machine (${relayAddress}); Asterisk does not say which`,
      ru:
        `учётная запись «${username}» не принята: имя или пароль другие, или её строки permit не пускают эту ` +
        `машину (${relayAddress}); что именно, Asterisk не говорит`,
    },
    REMEDIES.account(username, relayAddress),
  );
}
