// Whether the relay's account may do more than it needs. ListCommands needs no right and does nothing: it lists the actions
// that this account may use, each with the classes of which one is enough. Pure; called by `ami/pbx.ts` and `doctor`.
// [main/manager.c: action_listcommands; manager.conf: write]
import { read } from './packet.ts';
import type { Packet } from './packet.ts';

/** What the relay asks with. */
export const NEEDED_WRITE = 'reporting';

/** The classes of each listed action: `Hangup: Hangup channel. (Priv: system,call,all)`. */
function classesOf(reply: Packet): string[][] {
  return Object.keys(reply).flatMap((action) => {
    const told = /\(Priv: ([^()]*)\)\s*$/.exec(read(reply, action))?.[1];
    if (told === undefined || told === '<none>') return [];
    return [told.split(',').filter((name) => name !== 'all')];
  });
}

/** Whether the account may use this action; one that is not there or not granted would stand in Asterisk's security log. */
export const mayUse = (reply: Packet, action: string): boolean =>
  /\(Priv: /.test(read(reply, action.toLowerCase()));

/**
 * The classes in `write =` that the relay does not need. Where an action has several and nothing tells which of them is
 * granted, they come together: `system or call`.
 */
export function surplusRights(reply: Packet): string[] {
  const unneeded = classesOf(reply).filter((classes) => !classes.includes(NEEDED_WRITE));
  const surplus = new Set(unneeded.flatMap((classes) => (classes.length === 1 ? classes : [])));
  for (const classes of unneeded)
    if (!classes.some((name) => surplus.has(name))) surplus.add(classes.join(' or '));
  return [...surplus].filter((name) => name !== '').sort();
}
