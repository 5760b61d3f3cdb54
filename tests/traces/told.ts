// What each extension must be told in each recording, and how that is compared. Recordings of the lab say it in their
// header; those of Asterisk 11 are exact bytes, so theirs stands here. Pure; called by tests and by the replay command.
import type { Stories } from './replay.ts';
import type { TraceHeader } from './trace.ts';

/** Extension → its story; of several, any. Who is not named must be told nothing. */
export type Expected = { title: string; told: Readonly<Record<string, string | readonly string[]>> };

const C = '+79161234567';
const ringing = `ringing(${C})`;
const ANSWERED = `ringing(${C}) talking(${C}) ended completed`;
const MISSED = `ringing(${C}) ended missed`;
const ELSEWHERE = `ringing(${C}) ended answered-elsewhere by 102`;
const DIALLED = `dialing(${C}) talking(${C}) ended completed`;
const LEFT = `ringing(${C}) talking(${C}) ended transferred`;
/** Asterisk 11 tells of a hold only what the other side hears meanwhile. */
const LEFT_FROM_HOLD = [LEFT, `ringing(${C}) talking(${C}) held(${C}) ended transferred`];
const queued = (queue: string, story: string): string => story.replaceAll(`(${C})`, `(${C}, queue ${queue})`);
const passed = (story: string): string => story.replaceAll(`(${C})`, `(${C}, transferred by 101)`);

/** Asterisk 11.15, chan_sip. What it cannot tell is not asked for: see relay/METHODS.md. */
const ASTERISK_11: Readonly<Record<string, Expected>> = {
  a_answered_caller_hangs: { title: 'a client calls, 101 answers', told: { '101': ANSWERED } },
  b_missed_caller_gives_up: { title: 'the client gives up', told: { '101': MISSED } },
  b2_missed_dial_timeout: { title: 'nobody answers in time', told: { '102': MISSED } },
  c_busy_486: { title: '101 is busy', told: { '101': 'ended busy' } },
  c2_reject_after_ring: { title: '101 declines', told: { '101': `${ringing} ended rejected` } },
  d_ringgroup_102_answers: {
    title: 'ring group, 102 answers',
    told: { '101': ELSEWHERE, '102': ANSWERED, '103': ELSEWHERE },
  },
  d2_ringgroup_nobody: {
    title: 'ring group, nobody answers',
    told: { '101': MISSED, '102': MISSED, '103': MISSED },
  },
  e_queue_ringall: {
    title: 'queue that rings all, 102 answers',
    told: {
      '101': queued('qall', ELSEWHERE),
      '102': queued('qall', ANSWERED),
      '103': queued('qall', ELSEWHERE),
    },
  },
  e2_queue_rrmemory: {
    title: 'queue in turn: 101 does not answer, 102 does',
    told: { '101': queued('qrr', `${ringing} ended missed by 102`), '102': queued('qrr', ANSWERED) },
  },
  f1_att_xfer_sip_refer: {
    title: 'attended transfer by the phone (REFER)',
    told: {
      '101': LEFT_FROM_HOLD.map(
        (story) => `${story} | dialing(102, internal) talking(102, internal) ended transferred`,
      ),
      '102': `ringing(101, internal) talking(101, internal) ${passed(`talking(${C})`)} ended completed`,
    },
  },
  f2_att_xfer_ami: {
    title: 'attended transfer by Asterisk (Atxfer)',
    told: {
      '101': LEFT_FROM_HOLD,
      '102': `ringing(101, internal) talking(101, internal) ${passed(`talking(${C})`)} ended completed`,
    },
  },
  g1_blind_sip_refer: {
    title: 'blind transfer by the phone (REFER)',
    told: { '101': LEFT, '102': passed(ANSWERED) },
  },
  g2_blind_ami: {
    title: 'an operator panel sends the client to 102 (Redirect)',
    // Asterisk tells of no transfer here, only that one call ends and another begins.
    told: { '101': LEFT, '102': [ANSWERED, passed(ANSWERED)] },
  },
  h_pickup: {
    title: '103 rings, 101 picks up by *8',
    told: {
      '101': `inbound talking(${C}) ended completed`,
      '103': `${ringing} ended answered-elsewhere by 101`,
    },
  },
  i_internal: {
    title: '101 calls 102',
    told: {
      '101': 'dialing(102, internal) talking(102, internal) ended completed',
      '102': 'ringing(101, internal) talking(101, internal) ended completed',
    },
  },
  j_outgoing: { title: '101 calls a client', told: { '101': DIALLED } },
  j3_click_to_call: { title: 'click-to-call', told: { '101': DIALLED } },
  k1_forward_local: { title: 'forwarded by a Local channel', told: { '103': ANSWERED } },
  k3_forward_302: { title: 'forwarded by the phone (302)', told: { '103': ANSWERED } },
  l_hold: {
    title: '101 holds and resumes',
    told: { '101': [ANSWERED, `ringing(${C}) talking(${C}) held(${C}) talking(${C}) ended completed`] },
  },
  m_park: {
    title: '101 parks, 102 fetches',
    told: { '101': LEFT, '102': `inbound talking(${C}) ended completed` },
  },
  n2_anonymous: {
    title: 'withheld number',
    told: { '101': 'ringing(hidden) talking(hidden) ended completed' },
  },
  n4_crlf_injection: {
    title: 'line breaks in the caller’s number',
    told: { '101': 'ringing(100) talking(100) ended completed' },
  },
  o_call_waiting: {
    title: 'a second call while talking',
    told: {
      '101': `${ANSWERED} | ringing(+79167654321) ended missed`,
    },
  },
  q_kill9_restart: {
    title: 'Asterisk killed in mid-call, restarted, called again',
    told: { '101': `ringing(${C}) talking(${C}) ended lost | ${ANSWERED}` },
  },
};

/** null: nobody has said what must be told. */
export function expectedOf(name: string, { title = name, told }: TraceHeader): Expected | null {
  return told ? { title, told } : Object.hasOwn(ASTERISK_11, name) ? (ASTERISK_11[name] ?? null) : null;
}

export type Difference = { extension: string; told: string; expected: string };

/** Where an extension was told something else; '' stands for nothing. */
export function differences(expected: Expected, stories: Stories): Difference[] {
  const extensions = new Set([...Object.keys(expected.told), ...Object.keys(stories)]);
  return [...extensions].sort().flatMap((extension) => {
    const told = stories[extension] ?? '';
    const allowed = [expected.told[extension] ?? ''].flat();
    return allowed.includes(told) ? [] : [{ extension, told, expected: allowed.join(' or ') }];
  });
}
