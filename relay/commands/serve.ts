// `ringcue serve`, the relay itself: Asterisk's AMI in, the lines of each extension out. Wires the stations together and
// owns the process from then on. Exit codes: 0 stopped by a signal, 78 [sysexits EX_CONFIG] the configuration is wrong, 1
// anything else.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import packageFile from '../../package.json' with { type: 'json' };
import type { Call } from '../../shared/protocol.ts';
import { openClientDirectory } from '../client-directory.ts';
import type { Command } from '../command.ts';
import { readConfig } from '../config.ts';
import type { Config, ReadConfig } from '../config.ts';
import type { Environment, Told } from '../config-source.ts';
import { createDiskThread } from '../disk-thread.ts';
import { foundFor } from '../directory/card.ts';
import { createPhones } from '../calls/phones.ts';
import { mergeLines } from '../calls/view.ts';
import { createHub } from '../feed/hub.ts';
import { peerReader } from '../feed/proxies.ts';
import { serveFeed } from '../feed/server.ts';
import { createCallLog, createLog } from '../log.ts';
import type { Log } from '../log.ts';
import { createMetrics } from '../metrics.ts';
import { numberDescriber } from '../numbers.ts';
import { codeIn } from '../pairing/dialplan.ts';
import type { DialledCode } from '../pairing/pairing.ts';
import { reload } from '../reload.ts';
import { createSecret } from '../secret.ts';
import { createSight } from '../sight.ts';
import { openSite } from '../site.ts';
import type { Site } from '../site.ts';
import { cardTemplates, configured } from './configured.ts';
import { keepAddOn } from './keep-add-on.ts';
import { keepCertificate } from './keep-certificate.ts';
import { keepJournal } from './keep-journal.ts';
import { keepPairing } from './keep-pairing.ts';
import { openPages } from './serve-pages.ts';
import { warnOfRisks } from './warn-of-risks.ts';

const TICK_MS = 1_000;
const STOP_DEADLINE_MS = 4_800;
const READ_WITHIN_MS = 3_000;

const randomId = (): string => randomBytes(12).toString('base64url');

type Relay = {
  /** Takes of a configuration what a running relay can, and of it only that. */
  take(config: Config, told: ReadConfig['told']): void;
  /** A configuration was read again, and was right or not. */
  hasRead(isRight: boolean): void;
  stop(): Promise<void>;
};

async function run(
  config: Config,
  { told, environment, log }: { told: ReadConfig['told']; environment: Environment; log: Log },
): Promise<Relay> {
  const metrics = createMetrics(packageFile.version);
  const directory = await openClientDirectory(config, log, metrics.directory);
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
  const disk = createDiskThread();
  const journal = keepJournal(config, disk, epoch, log, metrics, (...returned) =>
    hub.tellSeen(...returned, null),
  );
  const callLog = createCallLog(log);
  const pairing = keepPairing(config, disk, log, metrics);
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

  const certificate = keepCertificate(config, log, metrics);
  const addOn = keepAddOn(config, log);
  const server = await serveFeed({
    ...config.listen,
    maxSessions: config.maxSessions,
    door: {
      tls: certificate?.first ?? null,
      peerOf: peerReader(config.trustProxy),
      origins: config.origins,
      basePath: config.basePath,
    },
    hub,
    kept: journal,
    isExtension: (extension) => pbxsOf(extension).length > 0,
    pairing,
    notification: notificationOf(config),
    now: Date.now,
    readiness: () => ({ isReady: missing().length < pbxs.length, missing: missing() }),
    metricsText: () => metrics.registry.metrics(),
    addOnFile: addOn.find,
    pages: openPages({ config, environment, log, pbxs: () => sight.all(), offer: addOn.offer }),
    onSessions: (count) => metrics.sessions.set(count),
    onSessionClosed: (code) => metrics.sessionsClosed.inc({ code }),
    onSessionRefused: () => metrics.sessionsRefused.inc(),
  });
  const { address, port } = server.address;
  log.info({ address, port, tls: certificate !== null }, 'listening');
  certificate?.onRenewed(server.useCertificate);
  warnOfRisks(config, log);

  let urls = cardTemplates(config);
  const logs = pbxs.map(({ config: pbx }) => (areSeveral ? log.child({ pbx: pbx.name }) : log));
  const secrets = new Map(
    pbxs.map(({ config: pbx }, n) => [pbx.name, secretOf(pbx.amiSecret, told.pbxs[n], logs[n] ?? log)]),
  );
  for (const [n, { config: pbx, phones }] of pbxs.entries())
    sites.push(
      openSite({
        config: pbx,
        phones,
        secret: () => secrets.get(pbx.name)?.now() ?? pbx.amiSecret,
        idPrefix: areSeveral ? `${pbx.name}:` : '',
        log: logs[n] ?? log,
        metrics,
        describeNumber: numberDescriber(config.country, pbx.rewrite),
        now: Date.now,
        ...(pairing && {
          codeIn: (dialled: string) => codeIn(config.pairingPrefix, dialled),
          codeDialled: (code: DialledCode) => pairing.dialled(code),
        }),
        find: (number) => {
          const clients = directory.find(number);
          return clients instanceof Promise
            ? clients.then((late) => foundFor(number, late, urls))
            : foundFor(number, clients, urls);
        },
        colleagueName: directory.colleagueName,
        publish,
        // It is in the journal already; if that could not be written, nobody is told of it as missed.
        record: (extension, call) => journal?.add(extension, call, 0),
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
    take: (next, nextTold) => {
      for (const one of [log, ...logs]) one.level = next.logLevel;
      urls = cardTemplates(next);
      for (const [n, { name, amiSecret }] of next.pbxs.entries())
        secrets.get(name)?.follow(amiSecret, secretFileOf(nextTold.pbxs[n]));
    },
    hasRead: (isRight) => metrics.configTaken.set(isRight ? 1 : 0),
    stop: async () => {
      clearInterval(ticking);
      certificate?.stop();
      addOn.stop();
      await Promise.all([server.stop(), ...sites.map((site) => site.stop())]);
      await Promise.all([directory.stop(), journal?.stop(), pairing?.stop()]);
      callLog.flush();
    },
  };
}

const secretFileOf = (told: readonly Told[] | undefined): string | null =>
  told?.find(({ key }) => key === 'amiSecret')?.secretFile ?? null;

function secretOf(value: string, told: readonly Told[] | undefined, log: Log) {
  const secret = createSecret(
    (path) => readFileSync(path, 'utf8'),
    (file, detail) => log.error({ file, detail }, 'secret: the file cannot be read, the last one is used on'),
  );
  secret.follow(value, secretFileOf(told));
  return secret;
}

/** undefined: in the add-on's own words. */
const notificationOf = ({ notificationTitle: title, notificationText: text }: Config) =>
  title === null && text === null ? undefined : { title, text };

/** Reads the configuration again, and takes of it what can be. */
function reloader(relay: Relay, environment: Environment, first: ReadConfig['told'], log: Log): () => void {
  let told = first;
  return () => {
    const result = readConfig(environment);
    relay.hasRead('config' in result);
    if ('problems' in result) {
      for (const problem of result.problems) log.error({ problem }, 'configuration: wrong');
      return log.error('configuration: not taken, the one before stays in force');
    }
    const { taken, needRestart, ...next } = reload(told, result.told);
    told = next.told;
    log.info({ taken }, 'configuration: read again'); // at the level of before
    relay.take(result.config, result.told);
    if (needRestart.length > 0)
      log.warn(
        { settings: needRestart },
        'configuration: these are changed, and need a restart of the relay',
      );
  };
}

/** Resolves with the exit code when a signal has stopped it. */
export const serve: Command = configured(async (config, { environment }, told) => {
  const log = createLog(config.logLevel);
  // In a terminal SIGHUP means that it was closed. Elsewhere it must not end a relay that is only about to begin.
  const isInTerminal = process.stdout.isTTY;
  let isReloadWanted = false;
  let reloadNow = (): void => void (isReloadWanted = true);
  if (!isInTerminal) process.on('SIGHUP', () => reloadNow());
  const relay = await run(config, { told, environment, log }).catch((error: unknown) => {
    log.fatal({ err: error }, 'the relay could not start');
    return null;
  });
  if (!relay) return 1;
  reloadNow = reloader(relay, environment, told, log);
  if (isReloadWanted) reloadNow();
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT', ...(isInTerminal ? (['SIGHUP'] as const) : [])] as const)
      process.on(signal, () => resolve());
  });
  setTimeout(() => {
    log.error('something did not end in time: the relay ends itself');
    // When that is written. A mere exit would wait for such a thread for ever.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200);
  }, STOP_DEADLINE_MS).unref();
  await relay.stop();
  log.info('stopped');
  return 0;
});
