// The way of relay/deploy/README.md, walked by a machine: from the documents to the first notification, and on to TLS.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noContainersAs, openEngine } from './engine.ts';
import { playFirstDay } from './first-day.ts';

const say = (text: string): void => console.log(`  ${text}`);
const skip = noContainersAs(process.getuid?.()) ?? false;

test(
  'from the documents alone to the first notification, with compose, Asterisk 22 and Chromium',
  { skip },
  async () => {
    const day = await playFirstDay(await openEngine(say), say);
    say(
      `the first notification after ${day.minutes.toFixed(1)} minutes, ${day.notifiedAfterMs.toFixed(0)} ms after the call`,
    );
    assert.match(day.notification.title, /Анна Петрова/);
    assert.ok(day.minutes < 10);
    assert.equal(day.storyByTls, 'ringing(+79161234567) ended missed');
    assert.ok(
      !day.otherAddresses.includes(day.proxyAddress),
      `${day.proxyAddress} is the proxy's, and was given to another: ${day.otherAddresses.join(', ')}`,
    );
  },
);
