// What IT can watch: Prometheus metrics at /metrics. No label ever holds a number, a name or an extension.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const MILLISECONDS = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5,
];

export type Metrics = ReturnType<typeof createMetrics>;

export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  /** What is counted on the way of a ring is counted plainly, and told when asked. */
  const counts = { amiPackets: 0, lines: 0 };
  return {
    registry,
    counts,
    pbxUp: new Gauge({ name: 'ringcue_pbx_up', help: '1 while Asterisk is connected and polled', registers }),
    pbxFaults: new Counter({
      name: 'ringcue_pbx_faults_total',
      help: 'Failed attempts and lost sessions with Asterisk, by code',
      labelNames: ['code'],
      registers,
    }),
    amiPackets: new Counter({
      name: 'ringcue_ami_packets_total',
      help: 'AMI events received',
      registers,
      collect() {
        this.reset();
        this.inc(counts.amiPackets);
      },
    }),
    amiDoubts: new Counter({
      name: 'ringcue_ami_doubts_total',
      help: 'Torn or forged AMI blocks, after which only polls are believed for a moment',
      registers,
    }),
    pollSeconds: new Histogram({
      name: 'ringcue_poll_seconds',
      help: 'Time from asking CoreShowChannels to its last row',
      buckets: MILLISECONDS,
      registers,
    }),
    pollsIncomplete: new Counter({
      name: 'ringcue_polls_incomplete_total',
      help: 'Replies to CoreShowChannels that were not whole and so not used',
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
    listenerErrors: new Counter({
      name: 'ringcue_listener_errors_total',
      help: 'Faults of ours while an AMI packet was handled; each is logged',
      registers,
    }),
    clients: new Gauge({ name: 'ringcue_clients', help: 'Clients in the list', registers }),
    clientRowsRefused: new Gauge({
      name: 'ringcue_client_rows_refused',
      help: 'Rows of the client list that could not be used at its last reading',
      registers,
    }),
  };
}
