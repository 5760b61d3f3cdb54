// What the phones of the PBX really did, as its own events tell the operator, read apart from the relay's code: a phone
// rings from `Newstate: Ringing` to `Newstate: Up` or `Hangup`. Pure; world.ts feeds it. [AMI Newstate, Hangup]
import type { Ring } from './facts.ts';

/** [Q.850: 21 rejected; 17 busy; 26 answered elsewhere] */
const OUTCOMES: Readonly<Record<string, Ring['outcome']>> = {
  '21': 'rejected',
  '17': 'rejected',
  '26': 'elsewhere',
};

export type Truth = {
  readonly rings: Ring[];
  hear(at: number, fields: Readonly<Record<string, string>>): void;
  /** The PBX has died, and all its calls with it. */
  died(at: number): void;
};

export function createTruth(): Truth {
  const rings: Ring[] = [];
  const ringing = new Map<string, Ring>();
  const callers = new Map<string, string>();
  const end = (channel: string, at: number, outcome: Ring['outcome']): void => {
    const ring = ringing.get(channel);
    ringing.delete(channel);
    if (ring) Object.assign(ring, { to: at, outcome });
  };
  return {
    rings,
    hear(at, fields) {
      const { Event: event, Channel: channel = '', ConnectedLineNum: caller = '' } = fields;
      const extension = /^PJSIP\/(10\d)-/.exec(channel)?.[1];
      if (extension === undefined) return;
      if (/^\d{7,}$/.test(caller)) callers.set(channel, caller);
      if (event === 'Newstate' && fields['ChannelState'] === '5' && !ringing.has(channel)) {
        const number = callers.get(channel);
        if (number === undefined) return;
        const ring: Ring = { extension, number, from: at, to: Infinity, outcome: null };
        rings.push(ring);
        ringing.set(channel, ring);
      } else if (event === 'Newstate' && fields['ChannelState'] === '6') end(channel, at, 'answered');
      else if (event === 'Hangup') {
        end(channel, at, OUTCOMES[fields['Cause'] ?? ''] ?? 'missed');
        callers.delete(channel);
      }
    },
    died(at) {
      for (const channel of [...ringing.keys()]) end(channel, at, 'cut');
      callers.clear();
    },
  };
}
