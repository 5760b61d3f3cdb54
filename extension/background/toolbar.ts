// Paints the toolbar button. Shell; badge.ts says what.
import browser from 'webextension-polyfill';
import type { Badge } from './badge.ts';

let painted = '';

export async function paint(badge: Badge): Promise<void> {
  const face = JSON.stringify(badge);
  if (face === painted) return;
  painted = face;
  await Promise.all([
    browser.action.setBadgeText({ text: badge.text }),
    browser.action.setBadgeBackgroundColor({ color: badge.colour }),
    browser.action.setTitle({ title: badge.title }),
  ]);
}
