// The list of what the relay is made of is whole: every package that it needs at work, theirs included, and no tool.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { makeSbom } from './sbom.ts';

type Sbom = {
  bomFormat: string;
  metadata: { component: { name: string; version: string } };
  components: { name: string; version: string; licenses?: unknown[]; purl: string }[];
};

/** Asked for by mysql2 as a peer, so it is installed at work, too. */
const TOOLS_AT_WORK = ['@types/node'];

test('the SBOM lists every package that the relay needs, with version and licence, and no tool', async () => {
  const { bomFormat, metadata, components } = JSON.parse(await makeSbom()) as Sbom;
  const { version, dependencies, devDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string } & Record<'dependencies' | 'devDependencies', Record<string, string>>;
  const { component } = metadata;
  assert.deepEqual([bomFormat, component.name, component.version], ['CycloneDX', 'ringcue', version]);
  const names = components.map(({ name }) => name);
  assert.deepEqual(
    Object.keys(dependencies).filter((name) => !names.includes(name)),
    [],
  );
  assert.ok(names.includes('tdigest'), 'what a package of ours needs');
  assert.deepEqual(
    Object.keys(devDependencies).filter((name) => names.includes(name)),
    TOOLS_AT_WORK,
  );
  for (const { name, version, purl } of components) assert.ok(purl.endsWith(`@${version}`), name);
});
