// The test desktop itself, seen by a program that shows notifications: a wrong witness would make every other browser
// test worthless.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import dbus from 'dbus-next';
import type { Message } from 'dbus-next';
import { openDesktop } from './desktop.ts';
import { within } from './wait.ts';

const NAME = 'org.freedesktop.Notifications';
const PATH = '/org/freedesktop/Notifications';

/** A desktop and a program on its bus that asks as browsers do; `signals` is what the program was told. */
async function openScene(t: TestContext) {
  const desktop = await openDesktop();
  const program = dbus.sessionBus({ busAddress: desktop.busAddress });
  t.after(async () => {
    program.disconnect();
    await desktop.close();
  });
  await within(5_000, 'the bus', new Promise<void>((resolve) => program.on('connect', resolve)));
  const ask = async (
    destination: string,
    path: string,
    member: string,
    signature = '',
    body: unknown[] = [],
  ) => program.call(new dbus.Message({ destination, path, interface: destination, member, signature, body }));
  await ask('org.freedesktop.DBus', '/org/freedesktop/DBus', 'AddMatch', 's', [`interface='${NAME}'`]);
  const signals: unknown[] = [];
  program.on('message', (message: Message) => {
    if (message.interface === NAME) signals.push([message.member, ...(message.body as unknown[])]);
  });
  const notify = async (title: string, replaces = 0) => {
    const pixels = new dbus.Variant('(iiibiiay)', [1, 1, 4, true, 8, 4, Buffer.from([1, 2, 3, 4])]);
    const body = ['Test', replaces, '', title, 'text', ['default', 'Open'], { 'image-data': pixels }, -1];
    const answer = await ask(NAME, PATH, 'Notify', 'susssasa{sv}i', body);
    return (answer?.body as [number])[0];
  };
  return { desktop, signals, notify, clear: (id: number) => ask(NAME, PATH, 'CloseNotification', 'u', [id]) };
}

test('what a program shows is on the screen, with its title, text, icon, actions and time', async (t) => {
  const { desktop, notify } = await openScene(t);
  const before = Date.now();
  const id = await notify('Anna');
  const shown = await desktop.shows({ title: 'Anna', text: /ex/ });
  assert.equal(shown.id, id);
  assert.deepEqual(shown.icon, { width: 1, height: 1, bytes: Buffer.from([1, 2, 3, 4]) });
  assert.deepEqual(shown.actions, [{ key: 'default', label: 'Open' }]);
  assert.ok(shown.arrivedAt >= before - 50 && shown.arrivedAt <= Date.now() + 50);
});

test('a notification that comes while it is waited for is found, and one that never comes is an error', async (t) => {
  const { desktop, notify } = await openScene(t);
  const waiting = desktop.shows({ title: 'Later' });
  await notify('Later');
  assert.equal((await waiting).title, 'Later');
  await assert.rejects(desktop.shows({ title: 'Never' }, 50), /Never[^]*On the screen:[^]*Later/);
});

test('an update takes the place of the old one', async (t) => {
  const { desktop, notify } = await openScene(t);
  const id = await notify('+7 916');
  assert.equal(await notify('Anna', id), id);
  assert.deepEqual(
    desktop.notifications.map(({ title, isUpdate }) => ({ title, isUpdate })),
    [{ title: 'Anna', isUpdate: true }],
  );
});

test('the program clears its notification, and is told so', async (t) => {
  const { desktop, signals, notify, clear } = await openScene(t);
  const id = await notify('Anna');
  await clear(id);
  await desktop.clears(id);
  assert.deepEqual(signals, [['NotificationClosed', id, 3]]);
});

test('a click is told to the program and closes the notification; a dismissal only closes it', async (t) => {
  const { desktop, signals, notify } = await openScene(t);
  const clicked = await notify('Clicked');
  desktop.click(clicked);
  const dismissed = await notify('Dismissed');
  desktop.dismiss(dismissed);
  await notify('so that both signals have arrived');
  assert.deepEqual(signals, [
    ['ActionInvoked', clicked, 'default'],
    ['NotificationClosed', clicked, 2],
    ['NotificationClosed', dismissed, 2],
  ]);
  assert.deepEqual(
    desktop.history.map((one) => one.what),
    ['shown', 'cleared', 'shown', 'cleared', 'shown'],
  );
});
