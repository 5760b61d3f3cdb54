// The checks of one PBX, from its name to what its phones can dial: a table of what each asks and needs. Shell; made by
// `doctor/examine.ts`. Nothing that is asked here changes anything on the PBX.
import { AmiError, connectAmi } from '../ami/connection.ts';
import type { AmiAccount, AmiConnection } from '../ami/connection.ts';
import { read } from '../ami/packet.ts';
import type { Packet } from '../ami/packet.ts';
import { mayUse, surplusRights } from '../ami/rights.ts';
import type { Phones } from '../calls/phones.ts';
import { alike } from '../said.ts';
import type { Check } from './checkup.ts';
import { wrong } from './finding.ts';
import type { Access } from './judge-way.ts';
import * as account from './judge-account.ts';
import * as way from './judge-way.ts';
import { listDevices, listPairing, wait } from './pbx-answers.ts';
import { greeting, reach, resolve } from './reach.ts';

const CONNECT_DEADLINE_MS = 3_000;
const ANSWER_DEADLINE_MS = 5_000;

export type PbxPatient = {
  account: AmiAccount;
  phones: Phones;
  areEventsWanted: boolean;
  pairingPrefix: string;
  isPairingNeeded: boolean;
  /** How long events are waited for. */
  waitMs: number;
  now(): number;
  randomId(): string;
};

export function pbxChecks(patient: PbxPatient): { checks: Check[]; end(): Promise<void> } {
  const { account: place, phones, now } = patient;
  const access: Access = {
    host: place.host,
    port: place.port,
    username: place.username,
    isTls: Boolean(place.tls),
    relayAddress: '',
  };
  let ami: AmiConnection | null = null;
  /** null: Asterisk did not tell. */
  let commands: Packet | null = null;
  const mayAsk = (action: string): boolean => commands === null || mayUse(commands, action);
  const heard = new Set<string>();

  const logIn = async () => {
    try {
      ami = await connectAmi(place, {
        onPacket: (packet) => void heard.add(read(packet, 'event')),
        onListenerError: () => undefined,
        onClose: () => (ami = null),
        randomId: patient.randomId,
        signal: new AbortController().signal,
        connectDeadlineMs: CONNECT_DEADLINE_MS,
        answerDeadlineMs: ANSWER_DEADLINE_MS,
        pingEveryMs: ANSWER_DEADLINE_MS,
      });
      return way.judgeLogin(access, null);
    } catch (error) {
      return way.judgeLogin(access, asAmiError(error));
    }
  };
  /** What the session answers, judged; a session that is gone meanwhile is a finding, too. */
  const asking =
    (judge: (session: AmiConnection) => Promise<ReturnType<Check['make']>>): Check['make'] =>
    async () => {
      if (!ami)
        return wrong({
          en: 'Asterisk has closed the session in the middle of the questions',
          ru: 'Asterisk закрыл соединение посреди вопросов',
        });
      try {
        return await judge(ami);
      } catch (error) {
        return wrong(alike(asAmiError(error).message));
      }
    };

  const checks: Check[] = [
    { name: 'name', needs: [], make: async () => way.judgeName(place.host, await resolve(place.host)) },
    {
      name: 'port',
      needs: ['name'],
      make: async () => {
        const reached = await reach(place);
        if ('localAddress' in reached) access.relayAddress = reached.localAddress;
        return way.judgePort(access, reached);
      },
    },
    { name: 'greeting', needs: ['port'], make: async () => way.judgeGreeting(access, await greeting(place)) },
    { name: 'login', needs: ['greeting'], make: logIn },
    {
      name: 'version',
      needs: ['login'],
      make: asking(async (session) =>
        account.judgeVersion(read((await orNull(session.ask('CoreSettings'))) ?? {}, 'asteriskversion')),
      ),
    },
    {
      name: 'channels',
      needs: ['login'],
      make: asking(async (session) => {
        const rows = await orNull(session.askList('CoreShowChannels', (row) => read(row, 'event')));
        return account.judgeChannels(
          access,
          rows && rows.filter((event) => event === 'CoreShowChannel').length,
        );
      }),
    },
    {
      name: 'rights',
      needs: ['login'],
      make: asking(async (session) => {
        commands = await orNull(session.ask('ListCommands'));
        return account.judgeRights(access, commands && surplusRights(commands));
      }),
    },
    {
      name: 'events',
      needs: ['channels'],
      make: asking(async (session) => {
        const waited = await wait(session, heard, patient.waitMs);
        return account.judgeEvents(access, {
          ...waited,
          events: [...heard],
          isWanted: patient.areEventsWanted,
        });
      }),
    },
    {
      name: 'phones',
      needs: ['channels'],
      make: asking(async (session) => {
        const devices = await listDevices(session, mayAsk);
        const extensions = devices.flatMap((device) => phones.extensionOf(`${device}-0`) ?? []);
        return account.judgePhones(devices, [...new Set(extensions)].sort());
      }),
    },
    {
      name: 'pairing',
      needs: ['channels'],
      make: asking(async (session) => {
        const { pairingPrefix: prefix, isPairingNeeded } = patient;
        const found = mayAsk('ShowDialPlan') ? await listPairing(session, prefix) : null;
        return account.judgePairing(prefix, isPairingNeeded, found);
      }),
    },
    {
      name: 'clock',
      needs: ['login'],
      make: asking(async (session) => {
        const askedAt = now();
        const told = Number(read(await session.ask('Ping'), 'timestamp') || Number.NaN) * 1000;
        const offsetMs = told - (askedAt + now()) / 2;
        return account.judgeClock(Number.isNaN(offsetMs) ? null : offsetMs);
      }),
    },
  ];
  return { checks, end: async () => ami?.logOff() };
}

const asAmiError = (error: unknown): AmiError => {
  if (error instanceof AmiError) return error;
  throw error; // a fault of ours
};

/** null: the account may not, or Asterisk has no such action; the session goes on. */
async function orNull<T extends Packet | readonly unknown[]>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked;
  } catch (error) {
    const { code } = asAmiError(error);
    if (code === 'ami.permission-denied' || code === 'ami.action-refused') return null;
    throw error;
  }
}
