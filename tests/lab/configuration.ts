// The configuration files of the lab's Asterisk, as text. Pure; called by lab/asterisk.ts.
// A company of five phones (101 to 105) and one SIP trunk. Only what the scenarios need is loaded, so that it starts in a fraction of a second.
// [Asterisk's sample configuration: asterisk.conf, modules.conf, manager.conf, sip.conf, pjsip.conf …]

import { dialplan } from './dialplan.ts';
import { TECHNOLOGY, type Driver } from './driver.ts';

/** Asterisk and the phones live at .1; whatever comes from .2 is the trunk, whoever it says it is. */
export const PBX_HOST = '127.0.0.1';
export const TRUNK_HOST = '127.0.0.2';

export const EXTENSIONS = ['101', '102', '103', '104', '105'] as const;
export type Extension = (typeof EXTENSIONS)[number];

export function phoneSecret(extension: string): string {
  return `secret-of-${extension}`;
}

export interface Account {
  readonly username: string;
  readonly secret: string;
}

/** The relay's account has exactly the rights that a company is told to grant it; the operator plays the company's staff and tools. */
export const ACCOUNTS = {
  ringcue: { username: 'ringcue', secret: 'ringcue-secret' },
  pollonly: { username: 'pollonly', secret: 'pollonly-secret' },
  operator: { username: 'operator', secret: 'operator-secret' },
} as const satisfies Record<string, Account>;

const RIGHTS: Record<keyof typeof ACCOUNTS, string> = {
  ringcue: 'read = call,user\nwrite = reporting',
  pollonly: 'read =\nwrite = reporting',
  operator: 'read = all\nwrite = all',
};

export interface ConfigurationOptions {
  readonly driver: Driver;
  /** the private folder in which this Asterisk keeps everything */
  readonly folder: string;
  readonly modulesFolder: string;
  readonly amiPort: number;
  readonly sipPort: number;
  readonly rtpPort: number;
  readonly trunkPort: number;
  readonly ringTimeoutSeconds: number;
  /** text to be added to the end of files, by name: a scenario's own dialplan, features, queues … */
  readonly additions: Readonly<Record<string, string>>;
}

/** @returns file name → contents, to be written into `etc` of the folder */
export function configurationFiles(options: ConfigurationOptions): Record<string, string> {
  const { driver } = options;
  const files: Record<string, string> = {
    ...Object.fromEntries(UNUSED.map((name) => [name, ''])),
    'asterisk.conf': asteriskConf(options),
    'modules.conf': modulesConf(driver),
    'manager.conf': managerConf(options.amiPort),
    'logger.conf': '[general]\ndateformat = %H:%M:%S.%3q\n[logfiles]\nmessages => notice,warning,error\n',
    'indications.conf':
      '[general]\ncountry = us\n[us]\ndescription = US\nringcadence = 2000,4000\ndial = 350+440\n',
    'rtp.conf': `[general]\nrtpstart = ${options.rtpPort}\nrtpend = ${options.rtpPort + RTP_PORTS - 1}\nstrictrtp = no\n`,
    'extensions.conf': dialplan(options),
    'features.conf': FEATURES,
    'res_parking.conf': PARKING,
    'queues.conf': queuesConf(driver),
    'musiconhold.conf': `[default]\nmode = files\ndirectory = ${options.folder}/data/moh\n`,
    ...(driver === 'sip' ? { 'sip.conf': sipConf(options) } : { 'pjsip.conf': pjsipConf(options) }),
  };
  for (const [name, text] of Object.entries(options.additions))
    files[name] = `${files[name] ?? ''}\n${text}\n`;
  return files;
}

/** Empty, so that Asterisk's log complains of nothing but real trouble. */
const UNUSED = ['acl', 'ccss', 'cdr', 'cel', 'pjproject', 'queuerules', 'udptl'].map(
  (name) => `${name}.conf`,
);

/** chan_sip keeps the ports of a call for 32 s after its end, and calls here are many and short. */
export const RTP_PORTS = 4_000;

function asteriskConf({ folder, modulesFolder }: ConfigurationOptions): string {
  return `[directories]
astetcdir => ${folder}/etc
astmoddir => ${modulesFolder}
astvarlibdir => ${folder}/data
astdbdir => ${folder}/data
astkeydir => ${folder}/data
astdatadir => ${folder}/data
astagidir => ${folder}/data
astspooldir => ${folder}/spool
astrundir => ${folder}/run
astlogdir => ${folder}/log
[options]
defaultlanguage = en
hideconnect = yes
[files]
astctlpermissions = 0600
`;
}

const MODULES =
  'pbx_config res_timing_timerfd res_rtp_asterisk res_musiconhold res_parking res_sorcery_config res_sorcery_memory res_sorcery_astdb app_dial app_queue app_playback app_directed_pickup app_stack app_userevent app_transfer app_senddtmf app_verbose app_echo app_exec app_originate app_softhangup app_bridgewait bridge_simple bridge_native_rtp bridge_holding bridge_softmix bridge_builtin_features bridge_builtin_interval_features func_callerid func_channel func_global func_logic func_strings func_timeout func_devstate func_groupcount func_hangupcause func_dialplan format_pcm codec_ulaw';
const DRIVER_MODULES: Record<Driver, string> = {
  sip: 'res_pjproject res_http_websocket chan_sip',
  pjsip:
    'res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_registrar res_pjsip_authenticator_digest res_pjsip_outbound_authenticator_digest res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user res_pjsip_caller_id res_pjsip_diversion res_pjsip_dtmf_info res_pjsip_refer res_pjsip_rfc3326 res_pjsip_nat res_pjsip_pubsub res_pjsip_header_funcs res_pjsip_logger chan_pjsip func_pjsip_endpoint',
};

function modulesConf(driver: Driver): string {
  const names = `${MODULES} ${DRIVER_MODULES[driver]}`.split(' ');
  return `[modules]\nautoload = no\n${names.map((name) => `load = ${name}.so\n`).join('')}`;
}

function managerConf(port: number): string {
  const sections = Object.entries(ACCOUNTS).map(([name, { username, secret }]) => {
    const rights = RIGHTS[name as keyof typeof ACCOUNTS];
    return `[${username}]\nsecret = ${secret}\ndeny = 0.0.0.0/0.0.0.0\npermit = 127.0.0.0/255.0.0.0\n${rights}\n`;
  });
  return `[general]\nenabled = yes\nwebenabled = no\nbindaddr = ${PBX_HOST}\nport = ${port}\n${sections.join('')}`;
}

const FEATURES = `[general]
pickupexten = *8
featuredigittimeout = 1000
transferdigittimeout = 1
[featuremap]
blindxfer => ##
atxfer => *2
disconnect => *0
parkcall => #72
`;

const PARKING = `[general]
[default]
parkext = 700
parkpos = 701-705
context = parkedcalls
parkingtime = 45
comebacktoorigin = yes
`;

/** Dialled by 74950000300 and, inside, by 300. A scenario that needs other members or strategies adds its own queue. */
function queuesConf(driver: Driver): string {
  const technology = TECHNOLOGY[driver];
  const members = ['101', '102', '103'].map((extension) => `member => ${technology}/${extension}\n`).join('');
  const rules = 'timeout = 15\nretry = 1\nringinuse = no\n';
  return `[general]\npersistentmembers = no\n[sales]\nstrategy = ringall\n${rules}${members}`;
}

function sipConf({ sipPort, trunkPort }: ConfigurationOptions): string {
  // Phones are peers, not friends: they are known by where they registered, so that an outside caller "101" is not taken for phone 101.
  const phones = EXTENSIONS.map(
    (extension) => `[${extension}](phone)
secret = ${phoneSecret(extension)}
callerid = Phone ${extension} <${extension}>
`,
  );
  return `[general]
udpbindaddr = ${PBX_HOST}:${sipPort}
tcpenable = no
context = nobody
allowguest = no
alwaysauthreject = yes
directmedia = no
disallow = all
allow = ulaw
nat = no
callcounter = yes
qualify = no
rtptimeout = 0
encryption = no
[phone](!)
type = peer
host = dynamic
context = internal
callgroup = 1
pickupgroup = 1
dtmfmode = rfc2833
${phones.join('')}[trunk]
type = peer
host = ${TRUNK_HOST}
port = ${trunkPort}
context = from-trunk
insecure = port,invite
dtmfmode = rfc2833
`;
}

function pjsipConf({ sipPort, trunkPort }: ConfigurationOptions): string {
  const phones = EXTENSIONS.map(
    (extension) => `[${extension}](phone)
auth = ${extension}
aors = ${extension}
callerid = Phone ${extension} <${extension}>
[${extension}]
type = auth
auth_type = userpass
username = ${extension}
password = ${phoneSecret(extension)}
[${extension}]
type = aor
max_contacts = 2
remove_existing = yes
`,
  );
  return `[global]
type = global
endpoint_identifier_order = ip,username
[transport-udp]
type = transport
protocol = udp
bind = ${PBX_HOST}:${sipPort}
[any](!)
type = endpoint
transport = transport-udp
disallow = all
allow = ulaw
direct_media = no
[phone](!,any)
context = internal
call_group = 1
pickup_group = 1
${phones.join('')}[trunk](any)
context = from-trunk
aors = trunk
[trunk]
type = aor
contact = sip:${TRUNK_HOST}:${trunkPort}
[trunk]
type = identify
endpoint = trunk
match = ${TRUNK_HOST}
`;
}
