// Asterisk's two SIP channel drivers and how each calls its channels. Pure; chan_sip was removed in Asterisk 21.

export type Driver = 'sip' | 'pjsip';

/** the first part of a channel's name: `PJSIP/101-0000002b` */
export const TECHNOLOGY: Readonly<Record<Driver, string>> = { sip: 'SIP', pjsip: 'PJSIP' };
