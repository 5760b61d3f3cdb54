// Dial to pair, with real phones on every stack: by events and polls together and by polls alone. The right phone is paired; the
// wrong phone, an outside caller who shows its number, a phone that is sent there by a colleague or by a click, a used and an old
// code are not, and each stands in the audit log.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DEFAULT_PREFIX, pairingDialplan } from '../../relay/pairing/dialplan.ts';
import { askToBePaired } from '../relay/pairing-browser.ts';
import { startRelay } from '../relay/relay-process.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import { watch } from '../relay/watcher.ts';
import { openOffice, STACKS } from './office.ts';
import type { Office } from './office.ts';
import { Operator } from './operator.ts';

const ANNA = '+79161234567';
/** A PBX that lets outside callers dial the code, too: then at least nobody is paired by it. */
const ADDITIONS = { 'extensions.conf': `[from-trunk](+)\n${pairingDialplan(DEFAULT_PREFIX)}` };
/** What follows the other side's number in a row of CoreShowChannels, as somebody wants it to be, and a name for the true rest. */
const forgery = (dial: string): string => {
  const lines = [
    ...['', 'ConnectedLineName: x', 'Language: en', 'AccountCode: ', 'Context: internal', `Exten: ${dial}`],
    ...['Priority: 3', 'Uniqueid: 1.1', 'Linkedid: 1.1', 'Application: Playback', 'ApplicationData: beep'],
    ...['Duration: 00:00:01', 'BridgeId: ', '', 'Event: Fake', 'X: '],
  ];
  return `<sip:${encodeURIComponent(lines.join('\r\n'))}@example.org>`;
};
const METHODS = ['events and polls', 'polls alone'] as const;

for (const stack of STACKS)
  describe(`pairing on Asterisk ${stack.asterisk} with chan_${stack.driver}`, () => {
    let office: Office;
    const relays = new Map<string, RelayProcess>();
    const folders: string[] = [];

    before(async () => {
      office = await openOffice({ ...stack, phones: ['101', '102', '103'], additions: ADDITIONS });
      const { host, port, accounts } = office.ami;
      for (const method of METHODS) {
        const data = await mkdtemp(join(tmpdir(), 'ringcue-pairing-lab-'));
        folders.push(data);
        const [account, settings] =
          method === 'polls alone'
            ? [accounts.pollonly, { RINGCUE_AMI_EVENTS: 'no', RINGCUE_POLL_EVERY_MS: '250' }]
            : [accounts.ringcue, {}];
        const over = { RINGCUE_AUTH: 'pairing', RINGCUE_DATA: data, ...settings };
        relays.set(method, await startRelay({ host, port, ...account }, over));
      }
      await Promise.all([...relays.values()].map((relay) => relay.isReady()));
    });
    after(async () => {
      for (const relay of relays.values()) await relay.stop();
      await office?.[Symbol.asyncDispose]();
      for (const folder of folders) await rm(folder, { recursive: true, force: true });
    });

    for (const method of METHODS) {
      const relayOf = (): RelayProcess => {
        const relay = relays.get(method);
        assert.ok(relay);
        return relay;
      };
      /** How often it was refused for this reason; the audit log writes what is repeated within a minute as a number. */
      const refusals = async (reason: string): Promise<number> => {
        const metrics = await (await fetch(`http://${relayOf().address}/metrics`)).text();
        const line = new RegExp(`^ringcue_pairing_refusals_total\\{reason="${reason}"\\} (\\d+)`, 'm');
        return Number(line.exec(metrics)?.[1] ?? 0);
      };
      const isRefused = async (
        reason: string,
        extension: string | null,
        work: () => Promise<unknown>,
      ): Promise<void> => {
        const before = await refusals(reason);
        await work();
        const deadline = performance.now() + 5_000;
        while ((await refusals(reason)) === before) {
          assert.ok(performance.now() < deadline, `${extension} was not refused for ${reason}`);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        await relayOf().logs(
          (line) => line.msg === 'audit' && line['reason'] === reason && line['extension'] === extension,
          `that it refused ${extension} for ${reason}`,
        );
      };
      const isQuiet = async (): Promise<void> => {
        await office.endsAllCalls();
      };

      test(`${method}: the phone that dials is paired, its browser hears its calls, and the dial is nobody's call`, async () => {
        const relay = relayOf();
        await using browser = askToBePaired(relay.feedUrl, { extension: '101' });
        const dial = await browser.dial();
        const startedAt = performance.now();
        await office.phone('101').dials(dial);
        const { token } = await browser.paired();
        console.log(
          `      ${stack.asterisk} ${stack.driver}, ${method}: paired ${Math.round(performance.now() - startedAt)} ms after dialling`,
        );
        await office
          .phone('101')
          .hangsUp()
          .catch(() => undefined); // the dialplan may have been quicker
        await isQuiet();
        await using told = await watch(relay.feedUrl, '101', token);
        assert.deepEqual(told.line()?.calls, []);
        const client = office.client({ number: ANNA });
        await client.calls(office.phone('101'));
        await told.isTold(({ state }) => state === 'ringing', 'a ring');
        await client.hangsUp();
        await isQuiet();
        office.dismisses(client);
      });

      test(`${method}: whatever is not the phone itself is refused, and the phone still may`, async () => {
        await using browser = askToBePaired(relayOf().feedUrl, { extension: '103' });
        const dial = await browser.dial();
        await isRefused('wrong-phone', '102', () => office.phone('102').dials(dial));
        await isQuiet();
        const liar = office.client({ number: '103', name: 'Phone 103' });
        await isRefused('not-a-phone', null, () => liar.dials(dial));
        await isQuiet();
        office.dismisses(liar);
        // 103 calls a colleague, who passes him on to the code of the colleague's own browser.
        await isRefused('not-dialled', '103', async () => {
          await office.phone('103').dials('102');
          await office.phone('102').answers();
          await office.phone('103').isAnswered();
          await new Promise((resolve) => setTimeout(resolve, 400)); // longer than a poll's period: people talk first
          await office.phone('102').transfersTo(dial);
        });
        await isQuiet();
        await isRefused('not-dialled', '102', async () => {
          await new Operator(() => office.operator, stack.driver).startsCall('102', dial);
          await office.phone('102').rings();
          await new Promise((resolve) => setTimeout(resolve, 400));
          await office.phone('102').answers();
        });
        await isQuiet();
        assert.equal(browser.isPaired(), false);
        await office.phone('103').dials(dial);
        await browser.paired();
        await isQuiet();
        await isRefused('used-code', '103', () => office.phone('103').dials(dial));
        await isQuiet();
        const left = askToBePaired(relayOf().feedUrl, { extension: '103' });
        const old = await left.dial();
        await left[Symbol.asyncDispose]();
        await isRefused('expired-code', '103', () => office.phone('103').dials(old));
        await isQuiet();
      });

      test(`${method}: a caller whose number forges what the phone that answers him is doing pairs nobody`, async () => {
        await using browser = askToBePaired(relayOf().feedUrl, { extension: '102' });
        const dial = await browser.dial();
        const phone = office.phone('102');
        phone.answersAfter(0); // before any poll has seen it ring
        const forger = office.client({ number: null, from: forgery(dial) });
        await forger.calls(phone);
        await forger.isAnswered();
        await new Promise((resolve) => setTimeout(resolve, 1_200)); // several polls
        assert.equal(browser.isPaired(), false);
        await isQuiet();
        office.dismisses(forger);
        phone.answersAfter(null);
        await phone.dials(dial);
        await browser.paired();
        await isQuiet();
      });
    }
  });
