// The lines that IT writes on the side of the PBX, and where each kind of PBX wants them: an account of least rights, the
// code by which a phone is paired, clean caller ids, an event filter. Pure; the only source of the page `relay/deploy/PBX.md`
// and of the lab's test, which loads those of plain Asterisk.
// [manager.conf, extensions.conf; FreePBX and Issabel: *_custom.conf; MikoPBX: manual/system/custom-files]

export type Account = {
  username: string;
  secret: string;
  /** The relay's address as the PBX sees it. */
  permit: string;
  /** Names of the events that pass, the most that Asterisk need send; null: all of the account's class. */
  events: readonly string[] | null;
};

/** A section of manager.conf. The rights are the least that the relay works with: it can ask and listen, and do nothing. */
export const managerAccount = ({ username, secret, permit, events }: Account): string => `[${username}]
secret = ${secret}
${addressLines(permit)}
read = call,user
write = reporting
${events === null ? '' : `${eventFilter(events)}\n`}`;

/** Nobody but this one [acl.c: a rule for IPv4 says nothing of an IPv6 address, and what no rule is about may come in]. */
const addressLines = (permit: string): string =>
  permit.includes(':')
    ? `deny = 0.0.0.0/0.0.0.0\ndeny = ::/0\npermit = ${permit}/128`
    : `deny = 0.0.0.0/0.0.0.0\npermit = ${permit}/255.255.255.255`;

/**
 * From the beginning of the event, as what callers write stands further on in it, and to the end of its name, as HangupRequest
 * is no Hangup [manager.conf: eventfilter, a regular expression for the whole text of an event].
 */
export const eventFilter = (events: readonly string[]): string =>
  `eventfilter = ^Event: (${events.join('|')})[^A-Za-z]`;

/** To be the first thing that a call from outside meets. What is no digit can tear the lines of AMI apart, and names nobody. */
export const CLEAN_CALLER_ID = 'Set(CALLERID(num)=${FILTER(+0-9,${CALLERID(num)})})';

type Step = {
  title: string;
  /** Where the lines go, in words. */
  where: string;
  lines: string;
  /** What makes the PBX read them. */
  then: string;
};
type Pbx = { name: string; about: string; steps: readonly Step[] };

export type Lines = {
  account: Account;
  /** Of the dialplan, for the context that the phones dial in. */
  pairing: string;
};

const RELOAD_MANAGER = '`asterisk -rx "manager reload"`';
const RELOAD_DIALPLAN = '`asterisk -rx "dialplan reload"`';

const asterisk = ({ account, pairing }: Lines): Pbx => ({
  name: 'Plain Asterisk 11 to 22',
  about:
    'Tried by a test on real Asterisks 16 and 22: the account may do what it needs and nothing else, the code is taken, the ' +
    'number is clean, and through the filter comes all that the relay reads.',
  steps: [
    {
      title: 'The account',
      where: '`/etc/asterisk/manager.conf`. In its `[general]` there must be `enabled = yes`',
      lines: managerAccount(account),
      then: RELOAD_MANAGER,
    },
    {
      title: 'Pairing a phone',
      where:
        '`/etc/asterisk/extensions.conf`, in the context that the phones dial in; here it is called `internal` (see ' +
        '`context` in pjsip.conf or sip.conf)',
      lines: `[internal](+)\n${pairing}`,
      then: RELOAD_DIALPLAN,
    },
    {
      title: 'Clean caller ids',
      where:
        '`/etc/asterisk/extensions.conf`. Let calls from the trunk come into this context (`context = from-trunk-clean` ' +
        'of the trunk), and go on from there to where they went before, here `from-trunk`',
      lines: cleaning('from-trunk-clean', 'from-trunk'),
      then: `${RELOAD_DIALPLAN}, and "pjsip reload" or "sip reload" after the change of the trunk`,
    },
  ],
});

const freePbx = ({ account, pairing }: Lines): Pbx => ({
  name: 'FreePBX',
  about:
    'FreePBX writes its own files anew at each "Apply Config"; the files with `custom` in their names are yours and stay. ' +
    'From its documentation, not tried here.',
  steps: [
    {
      title: 'The account',
      where:
        '`/etc/asterisk/manager_custom.conf`. Since FreePBX 16 the manager listens on 127.0.0.1 alone: where the relay runs ' +
        'on another machine, change its bind address in Settings → Advanced Settings (`asterisk -rx "manager show ' +
        'settings"` tells what is in force), and let the relay’s address, and no other, through to port 5038 in ' +
        'Connectivity → Firewall',
      lines: managerAccount(account),
      then: RELOAD_MANAGER,
    },
    {
      title: 'Pairing a phone',
      where:
        '`/etc/asterisk/extensions_custom.conf`. If a feature code of Admin → Feature Codes begins with these characters and ' +
        'takes digits behind them, choose another prefix for the relay (`pairing.prefix`) and write it here, too',
      lines: `[from-internal-custom]\n${pairing}`,
      then: '`fwconsole reload`',
    },
    {
      title: 'Clean caller ids',
      where:
        '`/etc/asterisk/extensions_custom.conf`. Then Connectivity → Trunks → the trunk → pjsip Settings → Context: ' +
        '`from-pstn-clean` in place of `from-pstn`',
      lines: cleaning('from-pstn-clean', 'from-pstn'),
      then: '`fwconsole reload`',
    },
  ],
});

const issabel = ({ account, pairing }: Lines): Pbx => ({
  name: 'Issabel',
  about:
    'Issabel has grown out of FreePBX 2 and keeps your own lines in the same files. Its web interface can edit them under PBX → ' +
    'Tools → Asterisk File Editor. From its documentation, not tried here.',
  steps: [
    {
      title: 'The account',
      where:
        '`/etc/asterisk/manager_custom.conf`, which `manager.conf` includes at its end; leave `manager.conf` itself alone. ' +
        'Where the relay runs on another machine, `bindaddr` in `[general]` must not be 127.0.0.1, and Security → Firewall must ' +
        'let the relay’s address through to port 5038',
      lines: managerAccount(account),
      then: RELOAD_MANAGER,
    },
    {
      title: 'Pairing a phone',
      where: '`/etc/asterisk/extensions_custom.conf`; add to the context if it is there already',
      lines: `[from-internal-custom]\n${pairing}`,
      then: RELOAD_DIALPLAN,
    },
    {
      title: 'Clean caller ids',
      where:
        '`/etc/asterisk/extensions_custom.conf`. Then PBX → PBX Configuration → Trunks → the trunk → Incoming Settings: ' +
        '`context=from-pstn-clean`',
      lines: cleaning('from-pstn-clean', 'from-pstn'),
      then: RELOAD_DIALPLAN,
    },
  ],
});

const mikoPbx = ({ pairing, account }: Lines): Pbx => ({
  name: 'MikoPBX',
  about:
    'MikoPBX makes all files anew from its database; everything is entered in its web interface. Where phones in browsers are ' +
    "in use, their endpoints are called 101-WS: set `extensions: '(\\d{2,6})(?:-WS)?'` in the relay. From its documentation " +
    'and source, not tried here.',
  steps: [
    {
      title: 'The account',
      where:
        'System → AMI access (Система → Доступ к AMI) → add. The network filter is made before in Network and Firewall → ' +
        'Firewall, for the relay’s address alone, with AMI allowed. Of the rights tick these three and no other; MikoPBX sets ' +
        'an event filter of its own, which leaves the relay all that it reads',
      lines: `name:     ${account.username}
password: ${account.secret}
network:  ${account.permit}/32
read:     Call, User
write:    Reporting
`,
      then: 'Save',
    },
    {
      title: 'Pairing a phone',
      where:
        'System → System file customization (Кастомизация системных файлов) → `extensions.conf` → "Add to end of file" ' +
        '(Добавлять в конец файла)',
      lines: `[all_peers-custom]\n${pairing}`,
      then: 'Save',
    },
    {
      title: 'Clean caller ids',
      where: 'The same place, below',
      lines: `[add-trim-prefix-clid-custom]
exten => _[0-9*#+a-zA-Z][0-9*#+a-zA-Z]!,1,${CLEAN_CALLER_ID}
 same => n,Return()
`,
      then: 'Save',
    },
  ],
});

/** `s`: a call that comes without a number that was dialled. */
const cleaning = (from: string, to: string): string => `[${from}]
${['s', '_X.', '_+X.']
  .map((exten) => `exten => ${exten},1,${CLEAN_CALLER_ID}\n same => n,Goto(${to},\${EXTEN},1)\n`)
  .join('')}`;

const OPENING = `<!-- Written by "ringcue pbx-lines": change relay/pbx-lines.ts, not this page. -->

# The PBX's side

Three things are written on the PBX. The first is needed; the second for \`auth: pairing\`, where whoever dials a code from a phone
shows that it is theirs; the third is for everybody whose callers come from a public network. Put a long random text in place of
the secret (\`openssl rand -base64 32\`) and the relay's address, as the PBX sees it, in place of ADDRESS.

\`write = reporting\` lets the relay ask which channels there are. It cannot call, redirect, hang up, run a command or change
anything, and neither can whoever steals its secret. \`read = call,user\` lets it hear of calls; \`user\` is for a dialplan
that names the client itself, and may be left out.
`;

/** The page for people: each kind of PBX, each step with its lines. */
export function pbxPage(lines: Lines, events: readonly string[]): string {
  const pbxs = [asterisk, freePbx, issabel, mikoPbx].map((make) => make(lines));
  const parts = pbxs.map(
    ({ name, about, steps }) => `## ${name}\n\n${about}\n\n${steps.map(renderStep).join('\n')}`,
  );
  const closing = `## Less traffic, if you like

On a PBX with hundreds of calls at once the account may be sent only the events that the relay reads, about a third of all. Add
this line to its section. After an upgrade of Ringcue compare it with this page: a filter that is too old hides what is new.

\`\`\`ini
${eventFilter(events)}
\`\`\`
`;
  return [OPENING, ...parts, closing].join('\n');
}

const renderStep = ({ title, where, lines, then }: Step): string =>
  `### ${title}\n\nWhere: ${where}.\n\n\`\`\`ini\n${lines}\`\`\`\n\nThen: ${then}.\n`;
