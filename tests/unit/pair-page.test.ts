// The relay's page for an invitation: it shows what stands in the address's fragment, asks nobody for anything, and runs one
// script. What it does in a browser: tests/browser/pairing.test.ts.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { serve } from '../relay/served-feed.ts';

test('the page for invitations runs its own script only, and may load and send nothing', async () => {
  await using served = await serve();
  const response = await fetch(`${served.http}/pair`);
  const page = await response.text();
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('referrer-policy'), 'no-referrer');
  const hashes = (tag: string) =>
    [...page.matchAll(new RegExp(`<${tag}>([^]*?)</${tag}>`, 'g'))].map(
      ([, text]) =>
        `'sha256-${createHash('sha256')
          .update(text ?? '')
          .digest('base64')}'`,
    );
  assert.equal(hashes('script').length, 1);
  assert.deepEqual(policy.split('; '), [
    "default-src 'none'",
    `script-src ${hashes('script')[0]}`,
    `style-src ${hashes('style')[0]}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ]);
  assert.doesNotMatch(
    page,
    /\son\w+=|style=|\bsrc=|\bhref=|https?:\/\//,
    'nothing that the policy would stop',
  );
});

test('whatever is asked with it, the page is the same', async () => {
  await using served = await serve();
  const get = async (path: string) => (await fetch(served.http + path)).text();
  assert.equal(await get('/pair?code=<script>alert(1)</script>'), await get('/pair'));
  assert.equal((await fetch(`${served.http}/pair`, { method: 'POST' })).status, 405);
  assert.equal((await fetch(`${served.http}/pair/x`)).status, 404);
});

test('other pages keep the policy that allows no script at all', async () => {
  await using served = await serve();
  const policy = (await fetch(served.http)).headers.get('content-security-policy') ?? '';
  assert.doesNotMatch(policy, /script-src/);
  assert.match(policy, /default-src 'none'/);
});
