// What the account on the PBX may do, what it hears, and what it sees there. Pure; called by `doctor/pbx-checks.ts`.
// Rights and answers as measured on Asterisk 16 and 22, and by the source of 11.
import type { Finding } from './finding.ts';
import { doubtful, unknown, well, wrong } from './judge-way.ts';
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
  if (version === '') return unknown('Asterisk does not tell its version to this account');
  const major = Number(/\d+/.exec(version)?.[0] ?? Number.NaN);
  return major < OLDEST_MAJOR
    ? doubtful(`Asterisk ${version} is older than ${OLDEST_MAJOR}, with which Ringcue was never tried`)
    : well(`Asterisk ${version}`);
}

/** `channels`: how many there are now; null: the account may not ask. */
export const judgeChannels = (access: Access, channels: number | null): Finding =>
  channels === null
    ? wrong(
        `the account "${access.username}" may not ask which channels there are`,
        REMEDIES.account(access.username, access.relayAddress),
      )
    : well(`it may ask which channels there are (now ${channels})`);

/** `surplus`: null where Asterisk did not tell. */
export function judgeRights(access: Access, surplus: readonly string[] | null): Finding {
  if (surplus === null) return unknown('Asterisk did not tell what the account may do');
  if (surplus.length === 0) return well('it may do nothing that the relay does not need');
  const worst = surplus.some((right) => /originate|system|command|config/.test(right))
    ? ', with which whoever steals its secret can call at your expense or change the PBX'
    : '';
  return doubtful(
    `the account may do more than the relay needs: ${surplus.join(', ')}${worst}`,
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
  ];
  if (others.length > 0)
    return doubtful(
      `the account is sent events that the relay does not need (${others.join(', ')}), which cost Asterisk and the relay time`,
      REMEDIES.right(access.username, 'read = call,user'),
    );
  if (!heard.isWanted) return well('none are wanted, as RINGCUE_AMI_EVENTS says: rings come by polls, later');
  if (heard.events.some(isCallEvent)) return well('events of calls arrive');
  const seconds = Math.round(heard.waitedMs / 1000);
  return heard.haveChannelsChanged
    ? wrong(
        `there was a call, but no event of it within ${seconds} s: rings would come by polls only, up to a second late`,
        REMEDIES.right(access.username, 'read = call,user'),
      )
    : unknown(`nobody called within ${seconds} s: let a phone ring while "ringcue doctor --wait 60" runs`);
}

const isCallEvent = (name: string): boolean =>
  /^(?:New(?!exten)|Hangup|Dial|Bridge|Hold|Unhold|MusicOnHold|Rename|Masquerade|Local)/.test(name);

/** `devices`: what the PBX lists, as PJSIP/101; `extensions`: of those that are phones. */
export function judgePhones(devices: readonly string[], extensions: readonly string[]): Finding {
  if (devices.length === 0)
    return unknown(
      'no list that the account may see names phones (it may only see hints and chan_sip): compare ' +
        '"core show channels concise" during a call with the settings extensions and phones',
    );
  if (extensions.length === 0)
    return wrong(
      `none of ${devices.length} devices is a phone by the settings extensions and phones: ${shown(devices)}`,
    );
  const rest = devices.length - extensions.length;
  return well(
    `${extensions.length} phones: ${shown(extensions)}` + (rest > 0 ? `; ${rest} devices are none` : ''),
  );
}

const shown = (names: readonly string[]): string =>
  names.slice(0, SHOWN).join(', ') + (names.length > SHOWN ? ', …' : '');

/** `found`: the patterns of the dialplan that take a code, with their context; null: the account may not ask. */
export function judgePairing(
  prefix: string,
  isNeeded: boolean,
  found: readonly { context: string; pattern: string }[] | null,
): Finding {
  if (found === null) return unknown('the account may not see the dialplan');
  const own = found.filter(({ pattern }) => pattern.startsWith(`_${prefix}`) || pattern.startsWith(prefix));
  const contexts = [...new Set(own.map(({ context }) => context))];
  if (contexts.length > 0)
    return well(
      `phones can dial ${prefix} and a code in ${contexts.join(', ')}: their context must be or include it`,
    );
  const [other] = found;
  const text = other
    ? `no pattern for pairing: ${prefix} and a code are taken by ${other.pattern} in ${other.context}`
    : `no pattern for pairing: nobody can dial ${prefix} and a code`;
  return isNeeded ? wrong(text, REMEDIES.pairing(prefix)) : unknown(`${text}; not needed with auth "open"`);
}

/** `offsetMs`: how far the PBX's clock is ahead; null: it did not tell. */
export function judgeClock(offsetMs: number | null): Finding {
  if (offsetMs === null) return unknown('Asterisk did not tell its time');
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  return Math.abs(offsetMs) < CLOCK_MS
    ? well(`the clocks of both machines agree (${seconds} s)`)
    : doubtful(
        `the PBX's clock is ${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} this machine's: logs will not fit together`,
        REMEDIES.clock(),
      );
}
