// The options page: relay address, extensions, and two tests in plain words; pairing and the paired browsers stand in files
// of their own. Shell; settings.ts reads what is typed, the background connects, pairs and notifies.
import type { Verdict, VerdictCode } from '../background/verdict.ts';
import { NO_POLICY, type Policy } from '../managed.ts';
import { ask } from '../messages.ts';
import { find, tell, translatePage, write, type Tone } from '../page.ts';
import type { MessageKey } from '../phrases.ts';
import { isSame } from '../same.ts';
import { say } from '../say.ts';
import {
  displayRelayUrl,
  NO_SETTINGS,
  parseExtension,
  parseRelayUrl,
  withFirst,
  withLine,
  type Settings,
} from '../settings.ts';
import {
  onSettingsChanged,
  onStateChanged,
  readPolicy,
  readSettings,
  readState,
  writeSettings,
} from '../storage.ts';
import { readVersion } from '../version.ts';
import { showDevices } from './devices.ts';
import { firstUnpaired, lineWords } from './line-words.ts';
import { showLines, startLines, type LineActions } from './lines.ts';
import { leavePairing, pair, showPairing, startPairingPanel } from './pairing-panel.ts';
import { showPolicy } from './policy.ts';

const VERDICTS: Readonly<Record<VerdictCode, [Tone, MessageKey]>> = {
  well: ['well', 'verdictWell'],
  'pbx-down': ['warning', 'verdictPbxDown'],
  unreachable: ['alarm', 'verdictUnreachable'],
  'unreachable-secure': ['alarm', 'verdictUnreachableSecure'],
  silent: ['alarm', 'verdictSilent'],
  'plain-only': ['alarm', 'verdictPlainOnly'],
  'secure-only': ['alarm', 'verdictSecureOnly'],
  certificate: ['alarm', 'verdictCertificate'],
  'not-ringcue': ['alarm', 'verdictNotRingcue'],
  restarting: ['warning', 'verdictRestarting'],
  'other-version': ['alarm', 'verdictOtherVersion'],
  'not-paired': ['alarm', 'verdictNotPaired'],
  'extension-refused': ['alarm', 'verdictExtensionRefused'],
};

const relayUrlInput = find('relay-url') as HTMLInputElement;
const extensionInput = find('extension') as HTMLInputElement;
const testButton = find('test') as HTMLButtonElement;
const result = find('result');
const trial = find('trial');
const notificationResult = find('notification-result');

/** As they are saved. */
let saved: Settings = NO_SETTINGS;
/** What of it IT has set. */
let policy: Policy = NO_POLICY;
/** Somebody has just saved: what then turns out to need pairing is paired without another click. */
let isPairingWanted = false;

const lineActions: LineActions = {
  pair: (extension) => void (saved.relayUrl !== null && pair(saved.relayUrl, extension)),
  remove: (extension) => {
    leavePairing(extension);
    ask({ type: 'remove-extension', extension }).catch(() => conclude('alarm', say('saveFailed'))); // as in keep
  },
  add: async (extension) => {
    if (saved.relayUrl === null) return;
    isPairingWanted = true;
    await keep(withLine(saved, saved.relayUrl, extension));
  },
};

translatePage();
write('version', `Ringcue ${readVersion()}`);
void fill();
startPairingPanel(readRelayUrl);
startLines(() => saved.extensions, lineActions);
onStateChanged(() => void draw());
onSettingsChanged(() => void follow());
find('settings').addEventListener('submit', (event) => {
  event.preventDefault();
  void save();
});
testButton.addEventListener('click', () => void testConnection());
find('test-notification').addEventListener('click', () => void testNotification());
for (const input of [relayUrlInput, extensionInput]) {
  input.addEventListener('input', () => {
    showProblem(input, null);
    conclude('well', '');
  });
}

async function fill(): Promise<void> {
  await follow();
  (saved.relayUrl === null ? relayUrlInput : extensionInput).focus();
}

/** The settings were changed, here, by a pairing or by IT. */
async function follow(): Promise<void> {
  const before = saved;
  [saved, policy] = await Promise.all([readSettings(), readPolicy()]);
  // What somebody is typing is left alone, except where it is not theirs to say.
  if (policy.isRelayLocked || relayUrlInput.value === displayRelayUrl(before.relayUrl ?? ''))
    relayUrlInput.value = displayRelayUrl(saved.relayUrl ?? '');
  if (policy.isExtensionLocked || extensionInput.value === (before.extensions[0] ?? ''))
    extensionInput.value = saved.extensions[0] ?? '';
  showPolicy(policy);
  await draw();
}

async function draw(): Promise<void> {
  const { link, extensions, pairing } = await readState();
  showPairing(pairing);
  const extensionsShown = saved.relayUrl === null ? [] : saved.extensions;
  showLines(lineWords(link, pairing, extensionsShown, say), policy.isExtensionLocked, lineActions);
  showDevices(extensions);
  const isSettled = link.state === 'open' || link.state === 'refused';
  const asked = link.target?.lines.map(({ extension }) => extension);
  const isOurs = link.target?.relayUrl === saved.relayUrl && isSame(asked, saved.extensions);
  if (!isPairingWanted || !isSettled || !isOurs) return;
  isPairingWanted = false;
  const unpaired = firstUnpaired(link);
  if (unpaired !== null && saved.relayUrl !== null) await pair(saved.relayUrl, unpaired);
}

function readRelayUrl(): string | null {
  const relayUrl = parseRelayUrl(relayUrlInput.value);
  showProblem(relayUrlInput, 'problem' in relayUrl ? relayUrl.problem : null);
  if ('value' in relayUrl) return relayUrl.value;
  relayUrlInput.focus();
  return null;
}

/** What is typed, made right; null where it cannot be, with the reasons beside the fields and the first one focused. */
function readForm(): { relayUrl: string; extension: string } | null {
  const relayUrl = parseRelayUrl(relayUrlInput.value);
  const extension = parseExtension(extensionInput.value);
  showProblem(relayUrlInput, 'problem' in relayUrl ? relayUrl.problem : null);
  showProblem(extensionInput, 'problem' in extension ? extension.problem : null);
  if ('problem' in relayUrl) relayUrlInput.focus();
  else if ('problem' in extension) extensionInput.focus();
  else return { relayUrl: relayUrl.value, extension: extension.value };
  conclude('well', '');
  return null;
}

function showProblem(input: HTMLInputElement, problem: MessageKey | null): void {
  input.setAttribute('aria-invalid', String(problem !== null));
  find(`${input.id}-problem`).textContent = problem === null ? '' : say(problem);
}

async function save(): Promise<void> {
  const typed = readForm();
  if (typed === null) return;
  isPairingWanted = true;
  const isKept = await keep(withFirst(saved, typed.relayUrl, typed.extension));
  if (!isKept) return;
  relayUrlInput.value = displayRelayUrl(typed.relayUrl);
  extensionInput.value = typed.extension;
  conclude('well', say('saved'));
}

async function keep(settings: Settings): Promise<boolean> {
  try {
    await writeSettings(settings);
    saved = settings;
    await ask({ type: 'settings-saved' });
    return true;
  } catch {
    conclude('alarm', say('saveFailed')); // the background is being replaced, by an update for instance
    return false;
  }
}

async function testConnection(): Promise<void> {
  const settings = readForm();
  if (settings === null) return;
  testButton.disabled = true;
  conclude('wait', say('testing'));
  try {
    showVerdict(await ask({ type: 'test-connection', ...settings }));
  } catch {
    conclude('alarm', say('testFailed')); // as above
  } finally {
    testButton.disabled = false;
  }
}

function showVerdict({ code, extension, isTrialMode }: Verdict): void {
  const [tone, key] = VERDICTS[code];
  conclude(tone, say(key, extension));
  tell(trial, 'warning', isTrialMode ? say('trialMode') : '');
}

async function testNotification(): Promise<void> {
  try {
    await ask({ type: 'show-test-notification' });
    tell(notificationResult, 'well', say('testNotificationShown'));
  } catch {
    tell(notificationResult, 'alarm', say('testNotificationFailed')); // the system refuses notifications
  }
}

/** The one sentence under the form; what it replaces, the warning included, is gone. */
function conclude(tone: Tone, text: string): void {
  tell(result, tone, text);
  tell(trial, 'warning', '');
}
