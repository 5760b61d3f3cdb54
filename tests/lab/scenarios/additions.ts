// What the office of the scenarios has beyond that of the lab: short ring times, queues, forwards, a second parking lot,
// a conference. One text for all scenarios, so that an Asterisk is started once a stack. Pure; called by `stage.ts`.
import { phoneSecret } from '../configuration.ts';
import { TECHNOLOGY, type Driver } from '../driver.ts';

/** Three-digit numbers of the company: dialled so inside, and by clients after 74950000. */
export const NUMBER = {
  group: '200',
  impatientGroup: '201',
  groupOfTwo: '202',
  sales: '300',
  inTurn: '301',
  byMemory: '302',
  localMembers: '303',
  optimizedLocalMembers: '304',
  impatientSales: '305',
  localMembersInTurn: '306',
  forwardedLocally: '401',
  forwardedLocallyOptimized: '402',
  knownClient: '501',
  conference: '600',
  park: '700',
  parkShortly: '710',
  bothPhones: '805',
  bothAccounts: '806',
  impatient101: '901',
  impatient102: '902',
} as const;

/** An account beside 105's own, for another phone of the same extension. */
export const DESK = 'desk-105';

/** An outside number that is given up after a second. */
export const IMPATIENT_OUTSIDE = '89169999999';

/** As clients dial it. */
export const publicNumberOf = (number: string): string => `74950000${number}`;

export function additions(driver: Driver): Record<string, string> {
  const technology = TECHNOLOGY[driver];
  return {
    'modules.conf': 'load = app_confbridge.so\nload = app_chanspy.so\n',
    'confbridge.conf': '[general]\n',
    'extensions.conf': dialplan(driver, technology),
    'queues.conf': queues(technology),
    ...(driver === 'sip'
      ? { 'sip.conf': `[${DESK}](phone)\nsecret = ${phoneSecret(DESK)}\n` }
      : { 'pjsip.conf': pjsipDesk() }),
    'res_parking.conf':
      '[short]\nparkext = 710\nparkpos = 711-715\ncontext = parkedshort\nparkingtime = 1\nparkext_exclusive = yes\ncomebacktoorigin = yes\n',
  };
}

function dialplan(driver: Driver, technology: string): string {
  const both = driver === 'sip' ? 'SIP/105' : '${PJSIP_DIAL_CONTACTS(105)}';
  const outside = driver === 'sip' ? 'SIP/trunk/${EXTEN}' : 'PJSIP/${EXTEN}@trunk';
  const dial = (number: string, target: string, seconds = 20) =>
    `exten => ${number},1,Dial(${target},${seconds},tTkK)\n same => n,Hangup()\n`;
  const queue = (number: string, name: string, seconds = 60) =>
    `exten => ${number},1,Answer()\n same => n,Queue(${name},tTkK,,,${seconds})\n same => n,Hangup()\n`;
  const ring = (...extensions: string[]) => extensions.map((one) => `${technology}/${one}`).join('&');
  return `[from-trunk](+)
exten => _74950000[2-9]XX,1,Goto(internal,\${EXTEN:8},1)

[internal](+)
include => parkedshort
${dial('_90[1-5]', `${technology}/10\${EXTEN:2}`, 1)}
${dial(NUMBER.impatientGroup, ring('101', '102', '103'), 1)}
${dial(NUMBER.groupOfTwo, ring('101', '102'))}
${dial(NUMBER.forwardedLocally, 'Local/103@internal/n')}
${dial(NUMBER.forwardedLocallyOptimized, 'Local/103@internal')}
${dial(NUMBER.bothPhones, both)}
${dial(NUMBER.bothAccounts, ring('105', DESK))}
${dial(IMPATIENT_OUTSIDE, outside, 1)}
${queue(NUMBER.inTurn, 'in-turn')}
${queue(NUMBER.byMemory, 'by-memory')}
${queue(NUMBER.localMembers, 'local')}
${queue(NUMBER.optimizedLocalMembers, 'local-optimized')}
${queue(NUMBER.localMembersInTurn, 'local-in-turn')}
${queue(NUMBER.impatientSales, 'sales', 1)}
exten => ${NUMBER.knownClient},1,UserEvent(RingcueClient,ClientId: 7,ClientName: ООО Ромашка,CardUrl: https://crm.example/7)
 same => n,Dial(${technology}/101,20,tTkK)
 same => n,Hangup()
exten => ${NUMBER.conference},1,ConfBridge(600)
 same => n,Hangup()
; pickup by the number that was dialled, outside or inside; the context is that of the ringing phone itself
exten => _*810[1-5],1,Pickup(74950000\${EXTEN:2}@internal&\${EXTEN:2}@internal)
 same => n,Hangup()
; listening to a colleague
exten => _*5510[1-5],1,Answer()
 same => n,ChanSpy(${technology}/\${EXTEN:3},q)
 same => n,Hangup()

[parkedshort]

[waiting]
exten => s,1,Answer()
 same => n,Wait(20)
`;
}

function pjsipDesk(): string {
  return `[${DESK}](phone)
auth = ${DESK}
aors = ${DESK}
[${DESK}]
type = auth
auth_type = userpass
username = ${DESK}
password = ${phoneSecret(DESK)}
[${DESK}]
type = aor
max_contacts = 1
`;
}

function queues(technology: string): string {
  const members = (...names: string[]) => names.map((name) => `member => ${name}\n`).join('');
  const phones = members(`${technology}/101`, `${technology}/102`);
  const rules = 'ringinuse = no\nautofill = yes\n';
  const inTurn = `${rules}timeout = 1\nretry = 1\n`;
  return `
[in-turn]
strategy = linear
${inTurn}${phones}
[by-memory]
strategy = rrmemory
${inTurn}${phones}
[local]
strategy = ringall
${rules}timeout = 15
retry = 1
${members('Local/101@internal/n', 'Local/102@internal/n')}
[local-optimized]
strategy = ringall
${rules}timeout = 15
retry = 1
${members('Local/101@internal', 'Local/102@internal')}
[local-in-turn]
strategy = linear
${inTurn}${members('Local/101@internal/n', 'Local/102@internal/n')}
`;
}
