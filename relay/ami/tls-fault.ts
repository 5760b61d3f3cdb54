// What is wrong with TLS on the way to Asterisk, and what to do about it, by the codes of OpenSSL and Node. Pure; called by
// `connection.ts` and by the doctor.
import type { PeerCertificate } from 'node:tls';
import { alike } from '../said.ts';
import type { Said } from '../said.ts';
import type { AmiPlace } from './socket.ts';

const EXPIRED: Said = {
  en: 'its certificate has expired: renew tlscertfile of manager.conf, then restart Asterisk or run "manager reload"',
  ru: 'его сертификат истёк: обновите tlscertfile из manager.conf, затем перезапустите Asterisk или выполните «manager reload»',
};
const NOT_YET: Said = {
  en: 'its certificate is not valid yet: compare the clocks of both machines, or the dates of the certificate',
  ru: 'его сертификат ещё не действует: сверьте часы обеих машин или даты сертификата',
};
const UNKNOWN_SIGNER: Said = {
  en:
    'its certificate is signed by nobody that this machine knows: name the file of the authority that signed it, or of the ' +
    'certificate itself where it signed itself, in ami.tlsCa',
  ru:
    'его сертификат подписан никому здесь не известным центром: укажите в ami.tlsCa файл этого центра или самого ' +
    'сертификата, если он подписан сам собой',
};
const TOO_OLD: Said = {
  en:
    'it speaks only an older TLS or with weaker keys: renew its certificate (2048 bits) and OpenSSL, or, on a network of ' +
    'your own, set ami.tlsMinVersion to 1.0',
  ru:
    'он знает только старый TLS или слабые ключи: обновите его сертификат (2048 бит) и OpenSSL или, в своей сети, ' +
    'задайте ami.tlsMinVersion: 1.0',
};
const NO_TLS: Said = {
  en:
    'there is no TLS on that port: set ami.port to that of tlsbindaddr in manager.conf (5039), and tlsenable = yes there; ' +
    'or set ami.tls to no',
  ru:
    'на этом порту TLS нет: задайте в ami.port порт из tlsbindaddr в manager.conf (5039), а там tlsenable = yes; ' +
    'или задайте ami.tls: no',
};

const FAULTS: Readonly<Record<string, Said>> = {
  CERT_HAS_EXPIRED: EXPIRED,
  CERT_NOT_YET_VALID: NOT_YET,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_SIGNER,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_SIGNER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_SIGNER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_SIGNER,
  CERT_SIGNATURE_FAILURE: UNKNOWN_SIGNER,
  ERR_SSL_UNSUPPORTED_PROTOCOL: TOO_OLD,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: TOO_OLD,
  ERR_SSL_TLS_ALERT_PROTOCOL_VERSION: TOO_OLD,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: TOO_OLD,
  ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE: TOO_OLD,
  ERR_SSL_EE_KEY_TOO_SMALL: TOO_OLD,
  ERR_SSL_CA_MD_TOO_WEAK: TOO_OLD,
  ERR_SSL_DH_KEY_TOO_SMALL: TOO_OLD,
  ERR_SSL_WRONG_SIGNATURE_TYPE: TOO_OLD,
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NO_TLS,
};

/** null: that is not what went wrong. */
export function explainTlsFault({ host, tls }: AmiPlace, error: Error): Said | null {
  if (!tls) return null;
  const { code = '', cert } = error as Error & { code?: string; cert?: PeerCertificate };
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = (cert?.subjectaltname ?? cert?.subject.CN?.toString() ?? '?').slice(0, 200);
    const name = tls.name ?? host;
    return {
      en: `its certificate is for ${names} and not for ${name}: set ami.host or ami.tlsName to what stands in it, or renew it`,
      ru: `его сертификат выдан для ${names}, а не для ${name}: укажите в ami.host или ami.tlsName то, что в нём стоит, или обновите его`,
    };
  }
  if (Object.hasOwn(FAULTS, code)) return FAULTS[code] ?? null;
  if (/ too (?:weak|small)/.test(error.message)) return TOO_OLD; // what Node has no code for
  return code.startsWith('ERR_SSL_') || code.startsWith('CERT_') ? alike(`TLS: ${code}`) : null;
}
