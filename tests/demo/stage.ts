// What the demo plays on: a PBX with callers (a real Asterisk, or the practice PBX where none can be had), and the acts
// that can be played on it. `demo.ts` lets them play.
import { setTimeout as sleep } from 'node:timers/promises';
import { openOffice } from '../lab/office.ts';
import type { Client } from '../lab/person.ts';
import { now } from '../lab/until.ts';
import type { PbxAccess } from '../relay/relay-process.ts';
import { AsteriskUnavailable } from '../setup/asterisk.ts';
import { openPracticePbx } from '../traces/practice-pbx.ts';
import type { Moment } from './timeline.ts';

export type Act = {
  title: string;
  /** 101 rings for `ringMs` after `onRing`, which hears what was seen on the PBX's side; then it goes on to its end. */
  play(ringMs: number, onRing: (moments: Moment[]) => Promise<void>): Promise<void>;
};

export type Stage = AsyncDisposable & { pbx: PbxAccess; acts: Act[] };

/** Opens the real thing, or says why not and opens the practice one. */
export async function openStage(progress: (text: string) => void): Promise<Stage> {
  try {
    return await openRealStage(progress);
  } catch (error) {
    if (!(error instanceof AsteriskUnavailable)) throw error;
    progress(`No Asterisk can be had here: ${error.message}`);
    progress(
      'A practice PBX takes its place: it replays recorded calls of a real Asterisk 11 over a real AMI socket.',
    );
    return openPracticeStage();
  }
}

async function openRealStage(progress: (text: string) => void): Promise<Stage> {
  const office = await openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101', '102'], progress });
  progress('Asterisk 22 is up, with phones 101 and 102 and a trunk to the outside world');
  const phone = office.phone('101');
  const anna = office.client({ number: '+79161234567', name: 'MOBILE RUS' });
  const shop = office.client({ number: '88125550102', name: '' });
  const stranger = office.client({ number: '+493012345678', name: 'Unbekannt' });
  const hidden = office.client({ number: null });

  const rings = async (client: Client, onRing: (moments: Moment[]) => Promise<void>): Promise<void> => {
    const since = now();
    await client.calls(phone);
    const event = await office.operator.event({ Event: 'Newstate', ChannelStateDesc: 'Ringing' }, { since });
    const invite = client.timeline.find(({ at, text }) => at >= since && text.includes('INVITE'));
    await onRing([
      { what: 'the client’s INVITE leaves for Asterisk', at: invite?.at ?? since },
      { what: 'AMI event: phone 101 rings', at: event.at },
    ]);
  };
  const isOver = async (client: Client): Promise<void> => {
    await phone.isFree();
    await client.isFree();
  };

  return {
    pbx: { ...office.ami, ...office.ami.accounts.ringcue },
    acts: [
      {
        title: 'a known client calls 101, and 101 answers',
        play: async (ringMs, onRing) => {
          await rings(anna, onRing);
          await sleep(ringMs);
          await phone.answers();
          await phone.hears();
          await anna.hangsUp();
          await isOver(anna);
        },
      },
      {
        title: 'a company calls from a number in national writing and gives up: missed',
        play: async (ringMs, onRing) => {
          await rings(shop, onRing);
          await sleep(ringMs);
          await shop.hangsUp();
          await isOver(shop);
        },
      },
      {
        title: 'an unknown number calls, and 101 declines',
        play: async (ringMs, onRing) => {
          await rings(stranger, onRing);
          await sleep(ringMs);
          await phone.declines();
          await isOver(stranger);
        },
      },
      {
        title: 'a hidden number calls and gives up',
        play: async (ringMs, onRing) => {
          await rings(hidden, onRing);
          await sleep(ringMs);
          await hidden.hangsUp();
          await isOver(hidden);
        },
      },
    ],
    [Symbol.asyncDispose]: () => office[Symbol.asyncDispose](),
  };
}

async function openPracticeStage(): Promise<Stage> {
  const pbx = await openPracticePbx();
  const recorded = (title: string, name: string): Act => ({
    title,
    play: async (_ringMs, onRing) => {
      let invitedAt = 0;
      let told: Promise<void> | undefined;
      await pbx.play(name, (mark) => {
        if (/^SIP trunk -> INVITE/.test(mark)) invitedAt = now();
        if (/^SIP 101 -> 180/.test(mark))
          told = onRing([
            { what: 'the recorded client’s INVITE', at: invitedAt },
            { what: 'the recorded phone 101 rings', at: now() },
          ]);
      });
      await told;
    },
  });
  return {
    pbx: { host: pbx.host, port: pbx.port, username: 'practice', secret: 'practice' },
    acts: [
      recorded('a known client calls 101, and 101 answers', 'asterisk-11/a_answered_caller_hangs.ami'),
      recorded('a known client calls and gives up: missed', 'asterisk-11/b_missed_caller_gives_up.ami'),
      recorded('a hidden number calls, and 101 answers', 'asterisk-11/n2_anonymous.ami'),
    ],
    [Symbol.asyncDispose]: () => pbx[Symbol.asyncDispose](),
  };
}
