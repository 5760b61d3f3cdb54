#!/usr/bin/env node
// `npm start` and the command `ringcue`: says plainly when the Node version is wrong, then runs the relay. Plain JavaScript, as an older Node
// cannot read the rest (TypeScript, which Node 24 runs as it is).
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  process.stderr.write(
    `Ringcue needs Node 24 or newer; this is Node ${process.versions.node} (${process.execPath}).\n` +
      'Run "npm ci" once and then "npm start": the project brings its own Node.\n',
  );
  process.exit(78);
}
await import('./main.ts');
