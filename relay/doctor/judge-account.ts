// What the account on the PBX may do, what it hears, and what it sees there. Pure; called by `doctor/pbx-checks.ts`.
// Rights and answers as measured on Asterisk 16 and 22, and by the source of 11.
import { alike } from '../said.ts';
import type { Said } from '../said.ts';
import { doubtful, unknown, well, wrong } from './finding.ts';
import type { Finding } from './finding.ts';
import type { Access } from './judge-way.ts';
import { REMEDIES } from './remedies.ts';

const OLDEST_MAJOR = 11;
const SHOWN = 8;
const CLOCK_MS = 5_000;

/** Events of classes that the relay does not read, by what is seen of them first [manager.conf: read]. */
const OTHER_CLASSES: Readonly<Record<string, string>> = {
  FullyBooted: 'system',
  PeerStatus: 'system',
  ContactStatus: 'system',
  Registry: 'system',
  SuccessfulAuth: 'security',
  ChallengeSent: 'security',
  ChallengeResponseFailed: 'security',
  InvalidPassword: 'security',
  VarSet: 'dialplan',
  Newexten: 'dialplan',
  RTCPSent: 'reporting',
  RTCPReceived: 'reporting',
  Cdr: 'cdr',
  DTMFBegin: 'dtmf',
  DTMFEnd: 'dtmf',
  QueueMemberStatus: 'agent',
  QueueCallerJoin: 'agent',
  AgentCalled: 'agent',
};

export function judgeVersion(version: string): Finding {
  if (version === '')
    return unknown({
      en: 'Asterisk does not tell its version to this account',
      ru: 'этой учётной записи Asterisk не говорит своей версии',
    });
  const major = Number(/\d+/.exec(version)?.[0] ?? Number.NaN);
  return major < OLDEST_MAJOR
    ? doubtful({
        en: `Asterisk ${version} is older than ${OLDEST_MAJOR}, with which Ringcue was never tried`,
        ru: `Asterisk ${version} старше ${OLDEST_MAJOR}: с такими Ringcue не проверяли`,
      })
    : well(alike(`Asterisk ${version}`));
}

/** `channels`: how many there are now; null: the account may not ask. */
export const judgeChannels = (access: Access, channels: number | null): Finding =>
  channels === null
    ? wrong(
        {
          en: `the account "${access.username}" may not ask which channels there are`,
          ru: `учётной записи «${access.username}» нельзя спрашивать, какие есть каналы`,
        },
        REMEDIES.account(access.username, access.relayAddress),
      )
    : well({
        en: `it may ask which channels there are (now ${channels})`,
        ru: `спрашивать, какие есть каналы, можно (сейчас их ${channels})`,
      });

/** `surplus`: null where Asterisk did not tell. */
export function judgeRights(access: Access, surplus: readonly string[] | null): Finding {
  if (surplus === null)
    return unknown({
      en: 'Asterisk did not tell what the account may do',
      ru: 'Asterisk не сказал, что можно этой учётной записи',
    });
  if (surplus.length === 0)
    return well({
      en: 'it may do nothing that the relay does not need',
      ru: 'лишних прав нет',
    });
  const isDangerous = surplus.some((right) => /originate|system|command|config/.test(right));
  return doubtful(
    {
      en:
        `the account may do more than the relay needs: ${surplus.join(', ')}` +
        (isDangerous
          ? ', with which whoever steals its secret can call at your expense or change the PBX'
          : ''),
      ru:
        `прав больше, чем нужно: ${surplus.join(', ')}` +
        (isDangerous ? '; с ними укравший пароль может звонить за ваш счёт или менять настройки АТС' : ''),
    },
    REMEDIES.right(access.username, 'write = reporting'),
  );
}

export type Heard = {
  /** false: the relay is set to poll alone. */
  isWanted: boolean;
  /** Names of events, each once. */
  events: readonly string[];
  /** Channels came or went meanwhile. */
  haveChannelsChanged: boolean;
  waitedMs: number;
};

export function judgeEvents(access: Access, heard: Heard): Finding {
  const others = [
    ...new Set(heard.events.map((name) => OTHER_CLASSES[name]).filter((one) => one !== undefined)),
  ].join(', ');
  const remedy = REMEDIES.right(access.username, 'read = call,user');
  if (others !== '')
    return doubtful(
      {
        en: `the account is sent events that the relay does not need (${others}), which cost Asterisk and the relay time`,
        ru: `учётная запись получает ненужные события (${others}): на них тратят время и Asterisk, и Ringcue`,
      },
      remedy,
    );
  if (!heard.isWanted)
    return well({
      en: 'none are wanted, as RINGCUE_AMI_EVENTS says: rings come by polls, later',
      ru: 'они отключены настройкой RINGCUE_AMI_EVENTS: о звонках Ringcue узнаёт опросом, позже',
    });
  if (heard.events.some(isCallEvent))
    return well({ en: 'events of calls arrive', ru: 'события о звонках приходят' });
  const seconds = Math.round(heard.waitedMs / 1000);
  return heard.haveChannelsChanged
    ? wrong(
        {
          en: `there was a call, but no event of it within ${seconds} s: rings would come by polls only, up to a second late`,
          ru: `звонок был, но за ${seconds} с о нём не пришло ни одного события: звонки будут видны только по опросу, с опозданием до секунды`,
        },
        remedy,
      )
    : unknown({
        en: `nobody called within ${seconds} s: let a phone ring while "ringcue doctor --wait 60" runs`,
        ru: `за ${seconds} с никто не позвонил: запустите «ringcue doctor --wait 60» и позвоните на любой телефон`,
      });
}

const isCallEvent = (name: string): boolean =>
  /^(?:New(?!exten)|Hangup|Dial|Bridge|Hold|Unhold|MusicOnHold|Rename|Masquerade|Local)/.test(name);

/** `devices`: what the PBX lists, as PJSIP/101; `extensions`: of those that are phones. */
export function judgePhones(devices: readonly string[], extensions: readonly string[]): Finding {
  if (devices.length === 0)
    return unknown({
      en:
        'no list that the account may see names phones (it may only see hints and chan_sip): compare ' +
        '"core show channels concise" during a call with the settings extensions and phones',
      ru:
        'ни в одном списке, который видит учётная запись, телефонов нет (ей видны только hints и chan_sip): сравните ' +
        'вывод «core show channels concise» во время звонка с настройками extensions и phones',
    });
  if (extensions.length === 0)
    return wrong({
      en: `none of ${devices.length} devices is a phone by the settings extensions and phones: ${shown(devices)}`,
      ru: `по настройкам extensions и phones ни одно устройство (всего ${devices.length}) не телефон: ${shown(devices)}`,
    });
  const rest = devices.length - extensions.length;
  return well({
    en: `${extensions.length} phones: ${shown(extensions)}` + (rest > 0 ? `; ${rest} devices are none` : ''),
    ru:
      `телефонов ${extensions.length}: ${shown(extensions)}` + (rest > 0 ? `; других устройств ${rest}` : ''),
  });
}

const shown = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', …' : '');

/** `found`: the patterns of the dialplan that take a code, with their context; null: the account may not ask. */
export function judgePairing(
  prefix: string,
  isNeeded: boolean,
  found: readonly { context: string; pattern: string }[] | null,
): Finding {
  if (found === null)
    return unknown({
      en: 'the account may not see the dialplan',
      ru: 'план набора этой учётной записи не виден',
    });
  const own = found.filter(({ pattern }) => pattern.startsWith(`_${prefix}`) || pattern.startsWith(prefix));
  const contexts = [...new Set(own.map(({ context }) => context))].join(', ');
  if (contexts !== '')
    return well({
      en: `phones can dial ${prefix} and a code in ${contexts}: their context must be or include it`,
      ru: `набрать ${prefix} и код можно в контексте ${contexts}: контекст телефонов должен быть им или включать его`,
    });
  const [other] = found;
  const text: Said = other
    ? {
        en: `no pattern for pairing: ${prefix} and a code are taken by ${other.pattern} in ${other.context}`,
        ru: `шаблона для привязки нет: ${prefix} и код достаются шаблону ${other.pattern} в ${other.context}`,
      }
    : {
        en: `no pattern for pairing: nobody can dial ${prefix} and a code`,
        ru: `шаблона для привязки нет: набрать ${prefix} и код никто не может`,
      };
  return isNeeded
    ? wrong(text, REMEDIES.pairing(prefix))
    : unknown({
        en: `${text.en}; not needed with auth "open"`,
        ru: `${text.ru}; с auth «open» он и не нужен`,
      });
}

/** `offsetMs`: how far the PBX's clock is ahead; null: it did not tell. */
export function judgeClock(offsetMs: number | null): Finding {
  if (offsetMs === null)
    return unknown({
      en: 'Asterisk did not tell its time',
      ru: 'Asterisk не сказал, сколько у него времени',
    });
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  const isAhead = offsetMs > 0;
  return Math.abs(offsetMs) < CLOCK_MS
    ? well({
        en: `the clocks of both machines agree (${seconds} s)`,
        ru: `часы обеих машин сходятся (${seconds} с)`,
      })
    : doubtful(
        {
          en: `the PBX's clock is ${seconds} s ${isAhead ? 'ahead of' : 'behind'} this machine's: logs will not fit together`,
          ru: `часы АТС ${isAhead ? 'спешат' : 'отстают'} на ${seconds} с от часов этой машины: журналы не совпадут`,
        },
        REMEDIES.clock(),
      );
}
