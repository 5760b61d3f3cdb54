// Builds the relay into one folder of plain JavaScript that needs only Node: `node relay/build.ts [FOLDER]`, relay/dist where none is
// named. What it does not use of its packages is left out: it starts sooner and takes 15 MB less than from its sources.
// Called by the Dockerfile and `relay/deploy/tarball.ts`. Shell.
import { chmod } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { build, type Plugin } from 'vite';

const SOURCE = import.meta.dirname;
const DOOR = 'start.js';
const SCRIPT_URL = /new URL\('(\.\/[\w-]+\.ts)', import\.meta\.url\)/g;

/** Scripts that run in threads and processes of their own are named by `new URL('./….ts', import.meta.url)`: they are built, too. */
const scripts: Plugin = {
  name: 'ringcue-scripts',
  enforce: 'pre',
  transform(code, file) {
    if (!file.startsWith(SOURCE) || !code.includes('import.meta.url')) return null;
    const built = code.replace(SCRIPT_URL, (_, path: string) => {
      const id = resolve(dirname(file), path);
      const fileName = relative(SOURCE, id).replaceAll('/', '-').replace(/ts$/, 'js');
      this.emitFile({ type: 'chunk', id, fileName, preserveSignature: 'strict' });
      return `new URL('./${fileName}', import.meta.url)`;
    });
    return { code: built, map: null }; // no line has moved
  },
};

/** Returns the folder, emptied first. Its source maps cost nothing until Node is told `--enable-source-maps`. */
export async function buildRelay(outDir = resolve(SOURCE, 'dist')): Promise<string> {
  await build({
    configFile: false,
    root: SOURCE,
    logLevel: 'warn',
    plugins: [scripts],
    ssr: { noExternal: true, target: 'node' },
    build: {
      ssr: resolve(SOURCE, DOOR),
      outDir,
      emptyOutDir: true,
      target: 'node24',
      minify: true,
      sourcemap: true,
      license: { fileName: 'licenses.md' },
      // Side by side, as they name each other so.
      rolldownOptions: { output: { entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' } },
    },
  });
  await chmod(resolve(outDir, DOOR), 0o755);
  return outDir;
}

if (import.meta.main) process.stdout.write(`${await buildRelay(process.argv[2])}\n`);
