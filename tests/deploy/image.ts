// Builds the relay's image from its real Dockerfile. Called by tests/deploy; what has not changed comes from the store.
import { fileURLToPath } from 'node:url';
import { BASE_IMAGE, prepareBaseImage } from './base-image.ts';
import type { Engine } from './engine.ts';

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
export const IMAGE = 'localhost/ringcue-relay:test';

/** Builds it, and says how long that took. */
export async function buildImage(engine: Engine, progress: (text: string) => void): Promise<{ ms: number }> {
  await prepareBaseImage(engine, progress);
  progress('Building the relay’s image …');
  const startedAt = performance.now();
  const build = ['bud', '--isolation', 'chroot', '--pull-never', '--format', 'docker', '--layers'];
  const named = ['--build-arg', `NODE_IMAGE=${BASE_IMAGE}`, '-f', 'relay/Dockerfile', '-t', IMAGE, '.'];
  await engine.buildah([...build, ...named], { folder: PROJECT, deadlineMs: 300_000 });
  return { ms: performance.now() - startedAt };
}
