// The relay: Asterisk's AMI in, the lines of each extension out. Wires the stations together and owns the process.
// Exit codes: 0 stopped by a signal, 78 [sysexits EX_CONFIG] the configuration is wrong, 1 anything else.
import { randomBytes } from 'node:crypto';
import { watchPbx } from './ami/pbx.ts';
import { isLoopback, readConfig } from './config.ts';
import type { Config } from './config.ts';
import { foundFor } from './directory/card.ts';
import { watchClientList } from './directory/client-list.ts';
import type { ClientList } from './directory/client-list.ts';
import { createPhones } from './calls/phones.ts';
import { createExchange } from './exchange.ts';
import { judgeOpen } from './feed/access.ts';
import { createHub } from './feed/hub.ts';
import { serveFeed } from './feed/server.ts';
import { createCallLog, createLog } from './log.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';
import { numberDescriber } from './numbers.ts';
import { renderPage } from './page.ts';

const TICK_MS = 1_000;

const randomId = (): string => randomBytes(12).toString('base64url');

async function run(config: Config, log: Log): Promise<{ stop(): Promise<void> }> {
  const metrics = createMetrics();
  const describeNumber = numberDescriber(config.country);
  const phones = createPhones({ pattern: config.extensions, endpoints: new Map(), prefix: '' });
  const clients = await openClientList(config, describeNumber, log, metrics);
  let notReadyBecause: string | null = 'not connected to Asterisk yet';

  const hub = createHub({
    epoch: `${Date.now().toString(36)}-${randomId().slice(0, 6)}`,
    line: (extension) => exchange.line(extension),
    onLineSent: () => (metrics.counts.lines += 1),
  });
  hub.setPbx('down', Date.now()); // nothing was seen before now
  const callLog = createCallLog(log);
  const exchange = createExchange({
    ...phones,
    describeNumber,
    now: Date.now,
    find: (number) =>
      foundFor(number, clients?.find(number) ?? [], { client: config.cardUrl, unknown: config.unknownUrl }),
    publish: (extension, cause, calls) => {
      hub.publish(extension, cause, calls);
      const call = calls.find(({ id }) => id === cause);
      if (call) callLog.add(extension, call);
    },
    pollSoon: () => pbx.pollSoon(),
  });

  const server = await serveFeed({
    ...config.listen,
    hub,
    auth: config.auth,
    judge: (hello) => judgeOpen(hello, phones.isExtension),
    now: Date.now,
    notReadyBecause: () => notReadyBecause,
    metricsText: () => metrics.registry.metrics(),
    page: () => renderPage({ notReadyBecause, isOpen: true, clients: clients?.size() ?? null }),
    onSessions: (count) => metrics.sessions.set(count),
    onSessionClosed: (code) => metrics.sessionsClosed.inc({ code }),
  });
  const { address, port } = server.address;
  log.info({ address, port }, 'listening');
  log.warn('auth is "open": everybody who can reach this relay can watch the calls of every extension');
  if (!isLoopback(config.listen.host))
    log.warn('the relay listens beyond this machine, as RINGCUE_OPEN_BEYOND_LOOPBACK asks');

  const pbx = watchPbx({
    account: {
      host: config.amiHost,
      port: config.amiPort,
      username: config.amiUsername,
      secret: config.amiSecret,
    },
    pollEveryMs: config.pollEveryMs,
    isListening: config.amiEvents,
    onInput: (input) => {
      const startedAt = performance.now();
      if (input.type === 'doubt') metrics.amiDoubts.inc();
      if (exchange.take(input)) metrics.eventToFrameSeconds.observe((performance.now() - startedAt) / 1000);
    },
    inputsTaken: () => exchange.inputsTaken(),
    onUp: () => {
      notReadyBecause = null;
      metrics.pbxUp.set(1);
      log.info({ host: config.amiHost, port: config.amiPort }, 'pbx up');
      hub.setPbx('up', Date.now());
    },
    onDown: (error) => {
      const wasUp = notReadyBecause === null;
      metrics.pbxUp.set(0);
      metrics.pbxFaults.inc({ code: error.code });
      if (wasUp) hub.setPbx('down', Date.now());
      if (wasUp || notReadyBecause !== error.message)
        log.error({ code: error.code, detail: error.message }, 'pbx down');
      notReadyBecause = error.message;
    },
    onPacket: () => (metrics.counts.amiPackets += 1),
    onPoll: (tookMs, isComplete) => {
      metrics.pollSeconds.observe(tookMs / 1000);
      if (!isComplete) metrics.pollsIncomplete.inc();
    },
    onListenerError: (error) => {
      metrics.listenerErrors.inc();
      log.error({ err: error }, 'a fault of the relay itself: please report it');
    },
    randomId,
    random: Math.random,
    connectDeadlineMs: 4_000,
    answerDeadlineMs: 3_000,
    pingEveryMs: 2_000,
  });
  const ticking = setInterval(() => exchange.take({ type: 'tick' }), TICK_MS);

  return {
    stop: async () => {
      clearInterval(ticking);
      clients?.stop();
      await Promise.all([server.stop(), pbx.stop()]);
      callLog.flush();
    },
  };
}

async function openClientList(
  config: Config,
  describeNumber: ReturnType<typeof numberDescriber>,
  log: Log,
  metrics: Metrics,
): Promise<ClientList | null> {
  if (config.clients === null) return null;
  const path = config.clients;
  return watchClientList({
    path,
    describe: (raw) => describeNumber(raw).number,
    onRead: ({ clients, problems, isTaken }) => {
      metrics.clientRowsRefused.set(problems.length);
      if (isTaken) metrics.clients.set(clients);
      for (const { line, message } of problems)
        log.error({ file: path, line, problem: message }, 'client list: bad row');
      if (isTaken) log.info({ file: path, clients }, 'client list: read');
      else
        log.error(
          { file: path, problems: problems.length },
          'client list: not taken, the last good list stays',
        );
    },
  });
}

const result = readConfig(process.env);
if ('problems' in result) {
  process.stderr.write(
    `Ringcue cannot start, its configuration is wrong:\n${result.problems.map((line) => `  ${line}\n`).join('')}`,
  );
  process.exit(78);
}
const log = createLog(result.config.logLevel);
const relay = await run(result.config, log).catch((error: unknown) => {
  log.fatal({ err: error }, 'the relay could not start');
  process.exit(1);
});
let isStopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    if (isStopping) return;
    isStopping = true;
    setTimeout(() => process.exit(1), 5_000).unref(); // an orchestrator would kill us anyway
    void relay.stop().then(() => {
      log.info('stopped');
      process.exit(0);
    });
  });
