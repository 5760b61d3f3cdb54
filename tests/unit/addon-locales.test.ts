// The message files: English and Russian say the same things, and everything that code and pages ask for exists.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import en from '../../extension/public/_locales/en/messages.json' with { type: 'json' };
import ru from '../../extension/public/_locales/ru/messages.json' with { type: 'json' };
import manifest from '../../manifest.config.ts';

type Message = { message: string; placeholders?: Record<string, { content: string }> };
const languages: Record<string, Record<string, Message>> = { en, ru };

const folder = join(import.meta.dirname, '../../extension');
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.(ts|html)$/.test(path) && !path.startsWith('dist'))
  .map((path) => readFileSync(join(folder, path), 'utf8'));
const shared = readFileSync(join(folder, '../shared/notice.ts'), 'utf8');
const written = sources.join('\n') + shared + JSON.stringify(manifest({ mode: 'chromium' }));
const keys = Object.keys(en);

test('both languages have the same keys, in the same order, with the same placeholders', () => {
  assert.deepEqual(Object.keys(ru), keys);
  for (const key of keys) {
    assert.deepEqual(languages['ru']?.[key]?.placeholders, languages['en']?.[key]?.placeholders, key);
  }
});

test('every placeholder is used in the sentence, and every one used is declared', () => {
  for (const [language, messages] of Object.entries(languages)) {
    for (const [key, { message, placeholders = {} }] of Object.entries(messages)) {
      const used = [...message.matchAll(/\$(\w+)\$/g)].map(([, name]) => name?.toLowerCase());
      assert.deepEqual(new Set(used), new Set(Object.keys(placeholders)), `${language} ${key}`);
      assert.notEqual(message.trim(), '', `${language} ${key}`);
    }
  }
});

test('every sentence that a page or the manifest asks for exists', () => {
  const asked = [...written.matchAll(/data-i18n="(\w+)"|__MSG_(\w+)__/g)].map(
    ([, page, ours]) => page ?? ours,
  );
  assert.ok(asked.length > 15);
  for (const key of asked) assert.ok(keys.includes(String(key)), String(key));
});

test('every sentence is used', () => {
  for (const key of keys) {
    assert.match(written, new RegExp(`['"]${key}['"]|__MSG_${key}__`), key);
  }
});

test('the manifest asks for the least, and lets Firefox speak ws://', () => {
  for (const mode of ['chromium', 'firefox']) {
    const made = manifest({ mode });
    assert.deepEqual(made.permissions, ['notifications', 'storage', 'alarms']);
    assert.ok(!('host_permissions' in made));
    const policy = made.content_security_policy.extension_pages;
    assert.match(policy, /connect-src [^;]*\bws:/);
    assert.doesNotMatch(policy, /upgrade-insecure-requests/);
  }
});
