// What a reload (SIGHUP) changes of a relay that runs: which settings are different, and which of those it can take. Pure;
// `serve.ts` reads the configuration again, takes what can be taken and tells the rest.
import type { ReadConfig } from './config.ts';
import type { Told } from './config-source.ts';

export type Reload = {
  /** Names of settings, as in the file: never values, as a secret is among them. */
  taken: string[];
  needRestart: string[];
  /** What is in force from now on: the new where it is taken, the old where a restart is needed. */
  told: ReadConfig['told'];
};

export function reload(now: ReadConfig['told'], next: ReadConfig['told']): Reload {
  const taken: string[] = [];
  const needRestart: string[] = [];
  const merge = (olds: readonly Told[], news: readonly Told[], before: string): Told[] =>
    olds.map((old) => {
      const told = news.find(({ key }) => key === old.key);
      if (!told || isSame(old, told)) return old;
      (told.setting.isReloaded ? taken : needRestart).push(before + told.setting.yaml);
      return told.setting.isReloaded ? told : old;
    });
  const isSameList = now.isList === next.isList && names(now) === names(next);
  const own = merge(now.own, next.own, '');
  if (!isSameList) needRestart.push('pbxs');
  const pbxs = isSameList
    ? now.pbxs.map((told, n) => merge(told, next.pbxs[n] ?? [], now.isList ? `pbxs[${n}].` : ''))
    : now.pbxs;
  return { taken, needRestart, told: { own, pbxs, isList: now.isList } };
}

const isSame = (a: Told, b: Told): boolean =>
  a.secretFile === b.secretFile && JSON.stringify(a.value) === JSON.stringify(b.value);

/** The PBXs by name: another order, or another list, is another relay. */
const names = ({ pbxs }: ReadConfig['told']): string =>
  JSON.stringify(pbxs.map((told) => told.find(({ key }) => key === 'name')?.value ?? null));
