// Two offices on two real Asterisks beside one relay: site prefixes, an endpoint with a name, two phones of one extension,
// and one Asterisk that dies while the other talks.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Call } from '../../shared/protocol.ts';
import type { RelayProcess } from '../relay/relay-process.ts';
import { isSiteReady, startRelayOf } from '../relay/sites.ts';
import type { SiteAccess } from '../relay/sites.ts';
import { watch } from '../relay/watcher.ts';
import { openOffice } from './office.ts';
import type { Office } from './office.ts';

const ANNA = '+79161234567';
const IVAN = '+74957770001';
const [SALES_DESK, TWO_PHONES] = ['74950000150', '74950000140'];
const isState = (state: string) => (call: Call) => call.state === state;

/** The endpoint sales-desk is registered by the phone 104; 104 and 105 stand on one desk. */
const ADDITIONS = {
  'pjsip.conf': '[sales-desk](phone)\naors = 104\n',
  'extensions.conf': `[from-trunk](+)
exten => ${SALES_DESK},1,Dial(PJSIP/sales-desk,20)
 same => n,Hangup()
exten => ${TWO_PHONES},1,Dial(PJSIP/104&PJSIP/105,20)
 same => n,Hangup()
`,
};

const siteOf = (name: string, { ami }: Office, ...lines: string[]): SiteAccess => ({
  name,
  host: ami.host,
  port: ami.port,
  ...ami.accounts.ringcue,
  lines,
});

describe('two offices with a prefix each, on Asterisk 22', () => {
  let moscow: Office;
  let kazan: Office;
  let relay: RelayProcess;

  before(async () => {
    [moscow, kazan] = await Promise.all([
      openOffice({ asterisk: '22', driver: 'pjsip', additions: ADDITIONS }),
      openOffice({ asterisk: '22', driver: 'pjsip', phones: ['101'] }),
    ]);
    relay = await startRelayOf([
      siteOf('moscow', moscow, 'prefix: 8', 'phones: { sales-desk: 150, 104: 140, 105: 140 }'),
      siteOf('kazan', kazan, 'prefix: 9'),
    ]);
    await Promise.all([isSiteReady(relay, 'moscow'), isSiteReady(relay, 'kazan')]);
  });
  after(async () => {
    await relay?.stop();
    await moscow?.[Symbol.asyncDispose]();
    await kazan?.[Symbol.asyncDispose]();
  });

  test('a call at each office at once is told to its own 101 and not to the other', async () => {
    await using told8 = await watch(relay.feedUrl, '8101');
    await using told9 = await watch(relay.feedUrl, '9101');
    const [anna, ivan] = [moscow.client({ number: ANNA }), kazan.client({ number: IVAN })];
    await anna.calls(moscow.phone('101'));
    await ivan.calls(kazan.phone('101'));
    await Promise.all([moscow.phone('101').rings(), kazan.phone('101').rings()]);
    await Promise.all([
      told8.isTold(isState('ringing'), 'a ring'),
      told9.isTold(isState('ringing'), 'a ring'),
    ]);
    await moscow.phone('101').answers();
    await told8.isTold(isState('talking'), 'talking');
    await ivan.hangsUp();
    await told9.isTold(isState('ended'), 'the end');
    await anna.hangsUp();
    await told8.isTold(isState('ended'), 'the end');
    assert.equal(told8.story(), `ringing(${ANNA}) talking(${ANNA}) ended completed`);
    assert.equal(told9.story(), `ringing(${IVAN}) ended missed`);
  });

  test('a colleague is told with the prefix, on both sides', async () => {
    await using told1 = await watch(relay.feedUrl, '8101');
    await using told2 = await watch(relay.feedUrl, '8102');
    await moscow.phone('101').dials('102');
    await told2.isTold(isState('ringing'), 'a ring');
    await moscow.phone('102').answers();
    await told1.isTold(isState('talking'), 'talking');
    await moscow.phone('101').hangsUp();
    await told1.isTold(isState('ended'), 'the end');
    await told2.isTold(isState('ended'), 'the end');
    assert.equal(told1.story(), 'dialing(8102, internal) talking(8102, internal) ended completed');
    assert.equal(told2.story(), 'ringing(8101, internal) talking(8101, internal) ended completed');
  });

  test('an endpoint with a name is the extension that the table says', async () => {
    await using told = await watch(relay.feedUrl, '8150');
    const anna = moscow.client({ number: ANNA });
    await anna.calls(SALES_DESK);
    await told.isTold(isState('ringing'), 'a ring');
    await moscow.phone('104').answers();
    await told.isTold(isState('talking'), 'talking');
    await anna.hangsUp();
    await told.isTold(isState('ended'), 'the end');
    assert.equal(told.story(), `ringing(${ANNA}) talking(${ANNA}) ended completed`);
  });

  test('two phones of one extension ring as one call, which the one that answers goes on with', async () => {
    await using told = await watch(relay.feedUrl, '8140');
    const anna = moscow.client({ number: ANNA });
    await anna.calls(TWO_PHONES);
    await Promise.all([moscow.phone('104').rings(), moscow.phone('105').rings()]);
    await told.isTold(isState('ringing'), 'a ring');
    await moscow.phone('105').answers();
    await moscow.phone('104').isFree();
    await told.isTold(isState('talking'), 'talking');
    await anna.hangsUp();
    await told.isTold(isState('ended'), 'the end');
    assert.equal(told.story(), `ringing(${ANNA}) talking(${ANNA}) ended completed`);
  });

  test('an Asterisk that dies takes its own calls with it, and the other office talks on', async () => {
    await using told8 = await watch(relay.feedUrl, '8101');
    await using told9 = await watch(relay.feedUrl, '9101');
    const [anna, ivan] = [moscow.client({ number: ANNA }), kazan.client({ number: IVAN })];
    await anna.calls(moscow.phone('101'));
    await told8.isTold(isState('ringing'), 'a ring');
    await moscow.phone('101').answers();
    await told8.isTold(isState('talking'), 'talking');
    await ivan.calls(kazan.phone('101'));
    await told9.isTold(isState('ringing'), 'a ring');
    await moscow.losesPower();
    await relay.logs(({ msg, pbx }) => msg === 'pbx down' && pbx === 'moscow', 'that moscow is down');
    await kazan.phone('101').answers();
    await told9.isTold(isState('talking'), 'talking');
    await moscow.regainsPower();
    await told8.isTold(isState('ended'), 'the end');
    await ivan.hangsUp();
    await told9.isTold(isState('ended'), 'the end');
    assert.equal(told8.story(), `ringing(${ANNA}) talking(${ANNA}) ended lost`);
    assert.equal(told9.story(), `ringing(${IVAN}) talking(${IVAN}) ended completed`);
  });
});
