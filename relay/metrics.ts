// What IT can watch: Prometheus metrics at /metrics. No label ever holds a number, an
// extension or anybody's name; `pbx` is what the configuration calls the PBX.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CLOSE } from '../shared/protocol.ts';
import type { AmiErrorCode } from './ami/connection.ts';
import { directoryMetrics } from './metrics-directory.ts';

const MILLISECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

/** Told as 0 from the start: an alert about growth sees nothing in a row that begins at 1. */
const LOGIN_FAULTS: readonly AmiErrorCode[] = ['ami.login-refused', 'ami.permission-denied'];

export type Metrics = ReturnType<typeof createMetrics>;

/** `version`: of Ringcue. */
export function createMetrics(version: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  /** What is counted on the way of a ring is counted plainly, and told when asked. */
  const counts = { amiPackets: new Map<string, { count: number }>(), lines: 0 };
  const ofPbxs = {
    pbxUp: new Gauge({
      name: 'ringcue_pbx_up',
      help: '1 while Asterisk is connected and polled',
      labelNames: ['pbx'],
      registers,
    }),
    pbxFaults: new Counter({
      name: 'ringcue_pbx_faults_total',
      help: 'Failed attempts and lost sessions with Asterisk, by code',
      labelNames: ['pbx', 'code'],
      registers,
    }),
    amiPackets: new Counter({
      name: 'ringcue_ami_packets_total',
      help: 'AMI events received',
      labelNames: ['pbx'],
      registers,
      collect() {
        this.reset();
        for (const [pbx, { count }] of counts.amiPackets) this.inc({ pbx }, count);
      },
    }),
    surplusRights: new Gauge({
      name: 'ringcue_pbx_surplus_rights',
      help: 'Rights of the AMI account that the relay does not need; the log names them',
      labelNames: ['pbx'],
      registers,
    }),
    amiDoubts: new Counter({
      name: 'ringcue_ami_doubts_total',
      help: 'Torn or forged AMI blocks, after which only polls are believed for a moment',
      labelNames: ['pbx'],
      registers,
    }),
    pollSeconds: new Histogram({
      name: 'ringcue_poll_seconds',
      help: 'Time from asking CoreShowChannels to its last row',
      labelNames: ['pbx'],
      buckets: MILLISECONDS,
      registers,
    }),
    pollCompleteAt: new Gauge({
      name: 'ringcue_poll_complete_timestamp_seconds',
      help: 'When the last whole reply to CoreShowChannels was read, in seconds since 1970',
      labelNames: ['pbx'],
      registers,
    }),
    pollsIncomplete: new Counter({
      name: 'ringcue_polls_incomplete_total',
      help: 'Replies to CoreShowChannels that were not whole and so not used',
      labelNames: ['pbx'],
      registers,
    }),
  };
  const shared = {
    configTaken: new Gauge({
      name: 'ringcue_config_taken',
      help: '1 while the configuration in force is the one last read; 0 after a reload that found it wrong',
      registers,
    }),
    eventToFrameSeconds: new Histogram({
      name: 'ringcue_event_to_frame_seconds',
      help: 'Time from an AMI packet or poll to the last frame it caused',
      buckets: MILLISECONDS,
      registers,
    }),
    lines: new Counter({
      name: 'ringcue_lines_total',
      help: 'Line frames sent',
      registers,
      collect() {
        this.reset();
        this.inc(counts.lines);
      },
    }),
    sessions: new Gauge({ name: 'ringcue_sessions', help: 'Add-ons connected', registers }),
    sessionsClosed: new Counter({
      name: 'ringcue_sessions_closed_total',
      help: 'Sessions closed by the relay, by close code',
      labelNames: ['code'],
      registers,
    }),
    sessionsRefused: new Counter({
      name: 'ringcue_sessions_refused_total',
      help: 'Add-ons for which there was no place, see the setting maxSessions',
      registers,
    }),
    listenerErrors: new Counter({
      name: 'ringcue_listener_errors_total',
      help: 'Faults of ours while an AMI packet was handled; each is logged',
      registers,
    }),
    certificateDays: new Gauge({
      name: 'ringcue_certificate_days_left',
      help: 'Days until the certificate of the relay’s port expires; absent without TLS in the relay',
      labelNames: ['certificate'],
      registers,
    }),
    journalUp: new Gauge({
      name: 'ringcue_journal_up',
      help: '1 while ended calls are kept; not there when no journal is configured',
      registers,
    }),
    journalFaults: new Counter({
      name: 'ringcue_journal_faults_total',
      help: 'Failed attempts to write or read the journal; what is new is logged',
      registers,
    }),
    journalWritten: new Counter({
      name: 'ringcue_journal_written_total',
      help: 'Ended calls and what was seen of them, written to the journal',
      registers,
    }),
    journalDropped: new Counter({
      name: 'ringcue_journal_dropped_total',
      help: 'The same, given up because the journal could not be written for too long',
      registers,
    }),
    pairingUp: new Gauge({
      name: 'ringcue_pairing_up',
      help: '1 while it is kept who is paired with which extension; not there in open mode',
      registers,
    }),
    pairingDropped: new Counter({
      name: 'ringcue_pairing_dropped_total',
      help: 'What could not be written of pairings for too long, and was given up',
      registers,
    }),
    pairings: new Counter({
      name: 'ringcue_pairings_total',
      help: 'Browsers paired, by what proved whose phone it is',
      labelNames: ['by'],
      registers,
    }),
    pairingRefusals: new Counter({
      name: 'ringcue_pairing_refusals_total',
      help: 'Codes, invitations and tokens that were refused, by reason; the audit log tells of whom',
      labelNames: ['reason'],
      registers,
    }),
    devices: new Gauge({
      name: 'ringcue_devices',
      help: 'Browsers that are paired now',
      registers,
    }),
  };
  new Gauge({
    name: 'ringcue_build_info',
    help: '1, with the versions of Ringcue and Node as labels',
    labelNames: ['version', 'node'],
    registers,
  }).set({ version, node: process.versions.node }, 1);
  shared.configTaken.set(1);
  shared.sessionsClosed.inc({ code: CLOSE.tooSlow }, 0);
  shared.journalUp.remove();
  shared.pairingUp.remove();
  return {
    registry,
    counts,
    ...shared,
    directory: directoryMetrics(registry),
    /** What is told of one PBX. */
    ofPbx(pbx: string) {
      const packets = { count: 0 };
      counts.amiPackets.set(pbx, packets);
      for (const code of LOGIN_FAULTS) ofPbxs.pbxFaults.inc({ pbx, code }, 0);
      ofPbxs.pbxUp.set({ pbx }, 0);
      ofPbxs.amiDoubts.inc({ pbx }, 0);
      ofPbxs.pollsIncomplete.inc({ pbx }, 0);
      ofPbxs.pollSeconds.zero({ pbx });
      return {
        ...shared,
        pbxUp: ofPbxs.pbxUp.labels({ pbx }),
        surplusRights: ofPbxs.surplusRights.labels({ pbx }),
        amiDoubts: ofPbxs.amiDoubts.labels({ pbx }),
        pollSeconds: ofPbxs.pollSeconds.labels({ pbx }),
        pollsIncomplete: ofPbxs.pollsIncomplete.labels({ pbx }),
        pollCompleteAt: ofPbxs.pollCompleteAt.labels({ pbx }),
        fails: (code: string) => ofPbxs.pbxFaults.inc({ pbx, code }),
        countPacket: () => void (packets.count += 1),
      };
    },
  };
}
