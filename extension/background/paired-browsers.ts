// The browsers that are paired with each extension: tells people of one that is new, as it may not be theirs, and revokes
// what they do not trust, repeated until the relay says that it is gone. Shell around devices.ts; core.ts makes one.
import { MAX_DEVICES, type Device, type Down } from '../../shared/protocol.ts';
import { deviceWords } from '../phrases.ts';
import { meetDevices, type KnownDevices } from './devices.ts';
import type { Ports } from './ports.ts';
import type { Socket } from './socket.ts';
import type { Store } from './store.ts';

const DEVICE = 'device:';

export type PairedBrowsers = {
  restore(): Promise<void>;
  hear(message: Extract<Down, { type: 'devices' }>): void;
  revoke(extension: string, deviceId: string): void;
  /** This browser leaves; without a connection the others can still revoke it. */
  revokeOwn(extension: string): void;
  sendRevocations(): void;
  /** Whether that notification is about a browser. */
  owns(noticeId: string): boolean;
  /** The notification's button. */
  press(noticeId: string): void;
};

export function createPairedBrowsers(ports: Ports, store: Store, send: Socket['send']): PairedBrowsers {
  let known: KnownDevices[] = [];

  function hear({ extension, devices }: Extract<Down, { type: 'devices' }>): void {
    const state = store.find(extension);
    const { target, watched } = store.state.link;
    // Whoever may watch a colleague's calls has no say in the colleague's browsers.
    if (state === undefined || target === null || watched.includes(extension)) return;
    const { relayUrl } = target;
    const isListed = (id: string): boolean => devices.some((device) => device.id === id);
    for (const { id } of state.devices ?? []) if (!isListed(id)) void ports.clear(idOf(extension, id));
    store.changeExtension(extension, { devices, revoking: state.revoking.filter(isListed) });
    const met = meetDevices(known, { relayUrl, extension }, devices);
    // Shown first: what is told twice does less harm than what is told never.
    for (const device of met.newcomers) void ports.show(noticeOf(extension, device));
    known = met.known;
    void ports.writeKnownDevices(known);
  }

  const noticeOf = (extension: string, device: Device) => ({
    id: idOf(extension, device.id),
    words: {
      title: ports.say('newBrowserTitle', extension),
      message: ports.say('newBrowserMessage', deviceWords(device.name, ports.say)),
    },
    image: null,
    isRinging: false,
    buttons: [ports.say('revoke')],
  });

  function revoke(extension: string, deviceId: string): void {
    const state = store.find(extension);
    if (state === undefined) return;
    const others = state.revoking.filter((id) => id !== deviceId);
    store.changeExtension(extension, { revoking: [...others, deviceId].slice(-MAX_DEVICES) });
    void ports.clear(idOf(extension, deviceId));
    sendRevocations();
  }

  function sendRevocations(): void {
    if (store.state.link.state !== 'open') return;
    for (const { extension, revoking } of store.state.extensions)
      for (const deviceId of revoking) send({ type: 'revoke', extension, deviceId });
  }

  return {
    restore: async () => {
      known = await ports.readKnownDevices();
    },
    hear,
    revoke,
    revokeOwn: (extension) => {
      const own = store.find(extension)?.devices?.find(({ isOwn }) => isOwn);
      if (own !== undefined) revoke(extension, own.id);
    },
    sendRevocations,
    owns: (noticeId) => noticeId.startsWith(DEVICE),
    press: (noticeId) => {
      const at = noticeId.indexOf('/');
      revoke(noticeId.slice(DEVICE.length, at), noticeId.slice(at + 1));
    },
  };
}

/** No extension has a slash in it. */
const idOf = (extension: string, deviceId: string): string => `${DEVICE}${extension}/${deviceId}`;
