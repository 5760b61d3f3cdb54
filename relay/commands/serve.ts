// `ringcue serve`, the relay itself: Asterisk's AMI in, the lines of each extension out. Wires the stations together and
// owns the process from then on. Exit codes: 0 stopped by a signal, 78 [sysexits EX_CONFIG] the configuration is wrong, 1
// anything else.
import { randomBytes, randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Call } from '../../shared/protocol.ts';
import type { Command } from '../command.ts';
import { isLoopback } from '../config.ts';
import type { Config } from '../config.ts';
import { foundFor } from '../directory/card.ts';
import { watchClientList } from '../directory/client-list.ts';
import type { ClientList } from '../directory/client-list.ts';
import { createPhones } from '../calls/phones.ts';
import { mergeLines } from '../calls/view.ts';
import { createHub } from '../feed/hub.ts';
import { serveFeed } from '../feed/server.ts';
import { openJournal } from '../journal/journal.ts';
import type { Journal } from '../journal/journal.ts';
import { createCallLog, createLog } from '../log.ts';
import type { Log } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import type { Metrics } from '../metrics.ts';
import { numberDescriber } from '../numbers.ts';
import { renderPage } from '../page.ts';
import { codeIn } from '../pairing/dialplan.ts';
import { openDisk } from '../pairing/disk.ts';
import { openPairing } from '../pairing/pairing.ts';
import type { DialledCode, PairingOptions } from '../pairing/pairing.ts';
import { createSight } from '../sight.ts';
import { openSite } from '../site.ts';
import type { Site } from '../site.ts';
import { configured } from './configured.ts';

const TICK_MS = 1_000;
const READ_WITHIN_MS = 3_000;
/** The dialplan keeps such a call for 2 s, and one poll may be doubted. */
const SLOWEST_PAIRING_POLL_MS = 1_000;

const randomId = (): string => randomBytes(12).toString('base64url');

async function run(config: Config, log: Log): Promise<{ stop(): Promise<void> }> {
  const metrics = createMetrics();
  const describeNumber = numberDescriber(config.country);
  const clients = await openClientList(config, describeNumber, log, metrics);
  const pbxs = config.pbxs.map((pbx) => ({
    config: pbx,
    phones: createPhones({ pattern: pbx.extensions, endpoints: pbx.phones, prefix: pbx.prefix }),
  }));
  const areSeveral = pbxs.length > 1;
  /** The PBXs that may have phones of this extension. */
  const pbxsOf = (extension: string): string[] =>
    pbxs.filter(({ phones }) => phones.isExtension(extension)).map(({ config: { name } }) => name);
  const sight = createSight(
    config.pbxs.map(({ name }) => name),
    Date.now(),
  );
  const missing = (): string[] =>
    sight.missing().map(({ name, reason }) => (areSeveral ? `${name}: ${reason}` : reason));

  const sites: Site[] = [];
  const line = (extension: string): Call[] => mergeLines(sites.map((site) => site.line(extension)));
  const epoch = `${Date.now().toString(36)}-${randomId().slice(0, 6)}`;
  const hub = createHub({
    epoch,
    line,
    pbx: (extensions) => sight.of(extensions.flatMap(pbxsOf)),
    onLineSent: () => (metrics.counts.lines += 1),
  });
  const journal = openCallJournal(config, epoch, log, metrics, (...returned) => hub.tellSeen(...returned));
  const callLog = createCallLog(log);
  const pairing = config.auth === 'pairing' ? openPairing(pairingOptions(config, log, metrics)) : null;
  // Whoever is paired finds that known; but a disk that does not answer must not hold up for ever who waits.
  if (pairing) await Promise.race([pairing.whenRead, sleep(READ_WITHIN_MS, undefined, { ref: false })]);
  const publish = (extension: string, cause: string | null): void => {
    const calls = line(extension);
    const seq = hub.publish(extension, cause, calls);
    const call = calls.find(({ id }) => id === cause);
    if (!call) return;
    callLog.add(extension, call);
    if (call.endedAt !== null) journal?.add(extension, call, seq);
  };

  const server = await serveFeed({
    ...config.listen,
    maxSessions: config.maxSessions,
    hub,
    kept: journal,
    isExtension: (extension) => pbxsOf(extension).length > 0,
    pairing,
    now: Date.now,
    readiness: () => ({ isReady: missing().length < pbxs.length, missing: missing() }),
    metricsText: () => metrics.registry.metrics(),
    page: () =>
      renderPage({ missing: missing(), isOpen: config.auth === 'open', clients: clients?.size() ?? null }),
    onSessions: (count) => metrics.sessions.set(count),
    onSessionClosed: (code) => metrics.sessionsClosed.inc({ code }),
    onSessionRefused: () => metrics.sessionsRefused.inc(),
  });
  const { address, port } = server.address;
  log.info({ address, port }, 'listening');
  warnOfRisks(config, log);

  const urls = { client: config.cardUrl, unknown: config.unknownUrl };
  for (const { config: pbx, phones } of pbxs)
    sites.push(
      openSite({
        config: pbx,
        phones,
        idPrefix: areSeveral ? `${pbx.name}:` : '',
        log: areSeveral ? log.child({ pbx: pbx.name }) : log,
        metrics,
        describeNumber,
        now: Date.now,
        ...(pairing && {
          codeIn: (dialled: string) => codeIn(config.pairingPrefix, dialled),
          codeDialled: (code: DialledCode) => pairing.dialled(code),
        }),
        find: (number) => foundFor(number, clients?.find(number) ?? [], urls),
        publish,
        onSeen: () => {
          sight.seen(pbx.name, Date.now());
          hub.pbxChanged();
        },
        onUnseen: (reason) => {
          sight.unseen(pbx.name, reason, Date.now());
          hub.pbxChanged();
        },
        randomId,
      }),
    );
  const ticking = setInterval(() => {
    for (const site of sites) site.tick();
  }, TICK_MS);

  return {
    stop: async () => {
      clearInterval(ticking);
      clients?.stop();
      await Promise.all([server.stop(), ...sites.map((site) => site.stop())]);
      await Promise.all([journal?.stop(), pairing?.stop()]);
      callLog.flush();
    },
  };
}

function warnOfRisks({ auth, listen, pbxs }: Config, log: Log): void {
  if (auth === 'open')
    log.warn('auth is "open": everybody who can reach this relay can watch the calls of every extension');
  if (auth === 'open' && !isLoopback(listen.host))
    log.warn('the relay listens beyond this machine, as RINGCUE_OPEN_BEYOND_LOOPBACK asks');
  for (const { name, amiEvents, pollEveryMs } of auth === 'pairing' ? pbxs : [])
    if (!amiEvents && pollEveryMs > SLOWEST_PAIRING_POLL_MS)
      log.warn(
        { pbx: name, pollEveryMs },
        'by polls alone a phone that dials a code may be missed: set RINGCUE_POLL_EVERY_MS to 1000 or less',
      );
  for (const [n, { name, prefix, extensions }] of pbxs.entries())
    for (const other of pbxs.slice(n + 1))
      if (other.prefix === prefix && other.extensions.source === extensions.source)
        log.warn(
          { pbxs: [name, other.name] },
          'two PBXs may have the same extensions, and whoever has one is told the calls of both: if these are two ' +
            'people, give one PBX a prefix',
        );
}

function openCallJournal(
  { data, journalDays: days, returnedBy }: Config,
  epoch: string,
  log: Log,
  metrics: Metrics,
  onReturned: (extension: string, callIds: string[]) => void,
): Journal | null {
  if (data === null || days === 0) {
    const reason = data === null ? 'RINGCUE_DATA names no folder' : 'RINGCUE_JOURNAL_DAYS is 0';
    log.info(
      `no journal is kept, as ${reason}: what was missed while a browser was closed is not told later`,
    );
    return null;
  }
  let lastFault = '';
  return openJournal({
    folder: data,
    days,
    returnedBy,
    epoch,
    now: Date.now,
    onWell: () => {
      lastFault = '';
      metrics.journalUp.set(1);
      log.info({ folder: data, days }, 'journal: kept');
    },
    onFault: (message) => {
      metrics.journalUp.set(0);
      metrics.journalFaults.inc();
      if (message !== lastFault)
        log.error({ folder: data, detail: message }, 'journal: not kept now, calls are told all the same');
      lastFault = message;
    },
    onAside: (file) =>
      log.error({ file }, 'journal: the file was broken and is put aside, a new one is begun'),
    onWritten: (count) => metrics.journalWritten.inc(count),
    onDropped: (count) => metrics.journalDropped.inc(count),
    onReturned,
  });
}

function pairingOptions(config: Config, log: Log, metrics: Metrics): PairingOptions {
  const { data, tokenDays, watchers } = config;
  let lastFault = '';
  return {
    prefix: config.pairingPrefix,
    contexts: config.pairingContexts,
    ...{ tokenDays, watchers },
    openDisk: (listener) =>
      openDisk(
        {
          folder: data ?? '', // there is one: without it the configuration is refused
          tokenDays,
          onWell: () => {
            lastFault = '';
            metrics.pairingUp.set(1);
            log.info({ folder: data }, 'pairing: who is paired is read, and kept');
          },
          onFault: (message) => {
            metrics.pairingUp.set(0);
            if (message !== lastFault)
              log.error(
                { folder: data, detail: message },
                'pairing: not kept now; who was paired before stays so',
              );
            lastFault = message;
          },
          onDropped: () => metrics.pairingDropped.inc(),
        },
        listener,
      ),
    now: Date.now,
    randomBelow: randomInt,
    onAudit: (row) => log.info({ ...row, at: undefined }, 'audit'),
    onRefusal: (reason) => metrics.pairingRefusals.inc({ reason }),
    onPaired: (by) => metrics.pairings.inc({ by }),
    onDevices: (count) => metrics.devices.set(count),
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

/** Resolves with the exit code when a signal has stopped it. */
export const serve: Command = configured(async (config) => {
  const log = createLog(config.logLevel);
  const relay = await run(config, log).catch((error: unknown) => {
    log.fatal({ err: error }, 'the relay could not start');
    return null;
  });
  if (!relay) return 1;
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve());
  });
  setTimeout(() => process.exit(1), 5_000).unref(); // an orchestrator would kill us anyway
  await relay.stop();
  log.info('stopped');
  return 0;
});
