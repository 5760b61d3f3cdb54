// The list of browsers that are paired with this one's extensions, each with a way to revoke it, which is asked once more.
// Shell; the background knows and revokes.
import { timeWords } from '../../shared/notice.ts';
import type { Device } from '../../shared/protocol.ts';
import { ask } from '../messages.ts';
import { find, tell } from '../page.ts';
import { deviceWords } from '../phrases.ts';
import { say } from '../say.ts';
import type { ExtensionState } from '../state.ts';
import { button } from './lines.ts';

const section = find('devices');
let shown = '';
/** The one of which a person is asked once more; `extension/id`. */
let asked: string | null = null;
let latest: readonly ExtensionState[] = [];
/** Whoever comes from a notification about a browser wants to see this list. */
let isLedHere = location.hash === '#devices';

export function showDevices(extensions: readonly ExtensionState[]): void {
  latest = extensions;
  const told = extensions.filter(({ devices }) => devices !== null);
  section.hidden = told.length === 0;
  if (isLedHere && !section.hidden) {
    isLedHere = false;
    section.scrollIntoView();
    section.focus();
  }
  const face = JSON.stringify([
    asked,
    told.map(({ extension, devices, revoking }) => [extension, devices, revoking]),
  ]);
  if (face === shown) return;
  shown = face;
  const focused = document.activeElement?.id;
  find('device-lists').replaceChildren(...told.flatMap((one) => listOf(one, told.length > 1)));
  if (focused !== undefined && focused !== '') document.getElementById(focused)?.focus();
}

function listOf({ extension, devices, revoking }: ExtensionState, areSeveral: boolean): HTMLElement[] {
  const list = document.createElement('ul');
  list.append(...(devices ?? []).map((device) => row(extension, device, revoking.includes(device.id))));
  if (!areSeveral) return [list];
  const heading = document.createElement('h3');
  heading.textContent = say('extensionHeading', extension);
  return [heading, list];
}

function row(extension: string, device: Device, isBeingRevoked: boolean): HTMLLIElement {
  const now = Date.now();
  const entry = document.createElement('li');
  const name = document.createElement('strong');
  name.textContent = deviceWords(device.name, say);
  const facts = document.createElement('p');
  facts.className = 'hint';
  facts.textContent = [
    device.isOwn ? say('thisBrowser') : '',
    say('devicePaired', timeWords(device.pairedAt, now, say)),
    device.isOwn ? '' : say('deviceSeen', timeWords(device.seenAt, now, say)),
    isBeingRevoked ? say('revoking') : '',
  ]
    .filter((fact) => fact !== '')
    .join(' · ');
  entry.append(name, facts, ...(isBeingRevoked ? [] : revocation(extension, device)));
  return entry;
}

function revocation(extension: string, device: Device): HTMLElement[] {
  const key = `${extension}/${device.id}`;
  const name = deviceWords(device.name, say);
  const turn = (to: string | null) => () => {
    asked = to;
    showDevices(latest);
    document.getElementById(to === null ? `revoke-${key}` : `keep-${key}`)?.focus();
  };
  if (asked !== key) {
    const revoke = button(`revoke-${key}`, say('revoke'), turn(key));
    revoke.ariaLabel = say('revokeDevice', name);
    return [revoke];
  }
  const question = document.createElement('p');
  question.setAttribute('role', 'alert');
  tell(question, 'warning', device.isOwn ? say('revokeSureOwn') : say('revokeSure', name));
  question.className = 'notice';
  const buttons = document.createElement('div');
  buttons.className = 'buttons';
  buttons.append(
    button(`yes-${key}`, say('revokeYes'), () => {
      asked = null;
      section.focus();
      void ask({ type: 'revoke', extension, deviceId: device.id }).catch(turn(key)); // being replaced: asked again
    }),
    button(`keep-${key}`, say('revokeNo'), turn(null)),
  );
  return [question, buttons];
}
