// One PBX of the company: its link, its switchboard (channels' names and ids mean nothing beside another PBX), its log
// lines and metrics. Shell; `serve.ts` opens one for each that is configured.
import { MAX_CALL_ID_LENGTH } from '../shared/protocol.ts';
import type { Call as CallView } from '../shared/protocol.ts';
import { watchPbx } from './ami/pbx.ts';
import type { Phones } from './calls/phones.ts';
import { accountOf } from './config-pbx.ts';
import type { PbxConfig } from './config-pbx.ts';
import { createExchange } from './exchange.ts';
import type { ExchangeOptions } from './exchange.ts';
import type { Log } from './log.ts';
import type { Metrics } from './metrics.ts';

export type SiteOptions = Pick<
  ExchangeOptions,
  'describeNumber' | 'find' | 'colleagueName' | 'now' | 'codeIn' | 'codeDialled'
> & {
  config: PbxConfig;
  phones: Phones;
  /** The secret of its account, as it is at this moment. */
  secret(): string;
  /** Before the ids of its calls, where another PBX could have the same. */
  idPrefix: string;
  log: Log;
  metrics: Metrics;
  /** The line of an extension has changed here. */
  publish(extension: string, cause: string | null): void;
  /** More is known of an ended call, which nobody is told any more. */
  record(extension: string, call: CallView): void;
  onSeen(): void;
  onUnseen(reason: string): void;
  randomId(): string;
};

export type Site = {
  line(extension: string): CallView[];
  tick(): void;
  stop(): Promise<void>;
};

export function openSite({ config, phones, idPrefix, log, ...options }: SiteOptions): Site {
  const metrics = options.metrics.ofPbx(config.name);
  const idOutside = (id: string): string => (idPrefix + id).slice(-MAX_CALL_ID_LENGTH);
  /** null: seen. */
  let unseenBecause: string | null = '';
  let surplusRights = '';
  const exchange = createExchange({
    ...options,
    ...phones,
    publish: (extension, cause) => options.publish(extension, cause === null ? null : idOutside(cause)),
    record: (extension, call) => options.record(extension, { ...call, id: idOutside(call.id) }),
    pollSoon: () => pbx.pollSoon(),
    tickIn: (ms) => void setTimeout(() => exchange.take({ type: 'tick' }), ms + 1).unref(),
  });

  const account = {
    ...accountOf(config),
    /** Asked for at each login. */
    get secret() {
      return options.secret();
    },
  };
  const { host, port } = account;
  const pbx = watchPbx({
    account,
    pollEveryMs: config.pollEveryMs,
    isListening: config.amiEvents,
    isUserListening: config.amiUserEvents,
    onInput: (input) => {
      const startedAt = performance.now();
      if (input.type === 'doubt') metrics.amiDoubts.inc();
      if (exchange.take(input)) metrics.eventToFrameSeconds.observe((performance.now() - startedAt) / 1000);
    },
    inputsTaken: () => exchange.inputsTaken(),
    onUp: () => {
      unseenBecause = null;
      metrics.pbxUp.set(1);
      log.info({ host, port }, 'pbx up');
      options.onSeen();
    },
    onDown: (error) => {
      metrics.pbxUp.set(0);
      metrics.fails(error.code);
      if (unseenBecause !== error.message) log.error({ code: error.code, detail: error.message }, 'pbx down');
      unseenBecause = error.message;
      options.onUnseen(error.message);
    },
    onPacket: metrics.countPacket,
    onPoll: (tookMs, isComplete) => {
      metrics.pollSeconds.observe(tookMs / 1000);
      if (isComplete) metrics.pollCompleteAt.set(options.now() / 1000);
      else metrics.pollsIncomplete.inc();
    },
    onSurplusRights: (rights) => {
      metrics.surplusRights.set(rights.length);
      if (rights.length > 0 && rights.join() !== surplusRights)
        log.warn(
          { account: account.username, rights },
          'the AMI account may do more than the relay needs, which whoever steals its secret may do, too: ' +
            'give it no more than "write = reporting" in manager.conf, then run "manager reload"',
        );
      surplusRights = rights.join();
    },
    onListenerError: (error) => {
      metrics.listenerErrors.inc();
      log.error({ err: error }, 'a fault of the relay itself: please report it');
    },
    randomId: options.randomId,
    random: Math.random,
    // Together they find every fault within 5 s; a stop waits for one answer. A lost SYN is repeated after 1 s and then
    // after 2: whoever waits for that finds a PBX later than a new attempt does.
    connectDeadlineMs: 1_500,
    answerDeadlineMs: 3_000,
    pingEveryMs: 1_500,
  });

  return {
    line: (extension) => exchange.line(extension).map((call) => ({ ...call, id: idOutside(call.id) })),
    tick: () => void exchange.take({ type: 'tick' }),
    stop: () => pbx.stop(),
  };
}
