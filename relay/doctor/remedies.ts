// The lines to paste for each fault on the PBX and on the way to it, for plain Asterisk 11 to 22. Pure; the one source of
// these lines for `ringcue doctor` and the documents. [manager.conf, extensions.conf, logger.conf]
import { pairingDialplan } from '../pairing/dialplan.ts';
import { managerAccount } from '../pbx-lines.ts';
import type { Said } from '../said.ts';
import type { Remedy } from './finding.ts';

const MANAGER_CONF: Said = {
  en: 'manager.conf on the PBX, then: asterisk -rx "manager reload"',
  ru: 'manager.conf на АТС, затем: asterisk -rx "manager reload"',
};

/** The relay's account, with just what it needs. `relayAddress`: as the PBX sees it. */
export const accountLines = (username: string, relayAddress: string): readonly string[] =>
  managerAccount({ username, secret: 'THE-SAME-AS-RINGCUE_AMI_SECRET', permit: relayAddress, events: null })
    .trimEnd()
    .split('\n');

export const REMEDIES = {
  managerOn: (port: number): Remedy => ({
    where: MANAGER_CONF,
    lines: ['[general]', 'enabled = yes', `port = ${port}`, 'bindaddr = 0.0.0.0'],
  }),
  managerTls: (port: number): Remedy => ({
    where: {
      en: 'manager.conf on the PBX, then restart Asterisk',
      ru: 'manager.conf на АТС, затем перезапустите Asterisk',
    },
    lines: [
      '[general]',
      'enabled = yes',
      'tlsenable = yes',
      `tlsbindaddr = 0.0.0.0:${port}`,
      'tlscertfile = /etc/asterisk/keys/asterisk.pem',
      'tlsprivatekey = /etc/asterisk/keys/asterisk.key',
    ],
  }),
  firewall: (relayAddress: string, port: number): Remedy => ({
    where: {
      en: 'a shell on the PBX, if it has a firewall',
      ru: 'консоль АТС, если на ней есть межсетевой экран',
    },
    lines: [`iptables -I INPUT -p tcp -s ${relayAddress} --dport ${port} -j ACCEPT`],
  }),
  account: (username: string, relayAddress: string): Remedy => ({
    where: MANAGER_CONF,
    lines: accountLines(username, relayAddress),
  }),
  right: (username: string, line: string): Remedy => ({
    where: MANAGER_CONF,
    lines: [`[${username}]`, line],
  }),
  unresponsive: (): Remedy => ({
    where: { en: 'a shell on the PBX', ru: 'консоль АТС' },
    lines: ['asterisk -rx "core show uptime"', 'systemctl status asterisk'],
  }),
  pairing: (prefix: string): Remedy => ({
    where: {
      en: 'extensions.conf on the PBX, in the context of the phones, then: asterisk -rx "dialplan reload"',
      ru: 'extensions.conf на АТС, в контекст телефонов, затем: asterisk -rx "dialplan reload"',
    },
    lines: pairingDialplan(prefix).trimEnd().split('\n'),
  }),
  clock: (): Remedy => ({
    where: { en: 'a shell on the machine whose clock is wrong', ru: 'консоль машины, чьи часы неверны' },
    lines: ['timedatectl set-ntp true'],
  }),
} as const;
