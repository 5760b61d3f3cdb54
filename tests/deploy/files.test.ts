// The files of relay/deploy, read by the programs that companies read them with: compose, systemd, Kubernetes; and the tarball,
// unpacked and run with nothing but Node.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { readConfig } from '../../relay/config.ts';
import { packRelay } from '../../relay/deploy/tarball.ts';
import { startFakePbx } from '../relay/fake-pbx.ts';
import { preparePackages } from '../setup/packages.ts';
import { prepareTool } from '../setup/tools.ts';
import { attempt, succeed } from './command.ts';

const DEPLOY = fileURLToPath(new URL('../../relay/deploy', import.meta.url));
const say = (text: string): void => console.log(`  ${text}`);
const read = (name: string): Promise<string> => readFile(join(DEPLOY, name), 'utf8');

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringcue-files-'));
});
after(() => rm(folder, { recursive: true, force: true }));

test('the settings that are shipped are right, and for work: only secret and folder are missing, browsers are paired', async () => {
  const settings = { RINGCUE_CONFIG: join(DEPLOY, 'settings/ringcue.yaml') };
  const secret = join(folder, 'secret');
  await writeFile(secret, 'x');
  assert.ok('problems' in readConfig(settings));
  const result = readConfig({ ...settings, RINGCUE_AMI_SECRET_FILE: secret, RINGCUE_DATA: '/data' });
  assert.ok('config' in result, JSON.stringify(result));
  assert.equal(result.config.auth, 'pairing');
  assert.equal(result.config.clients, '/etc/ringcue/clients.csv');
});

test('YAML files are as a strict reader wants them', async () => {
  await preparePackages(['yamllint'], say);
  // Layout is Prettier's.
  const layout = ['line-length', 'indentation', 'braces', 'comments', 'document-start'];
  const rules = `{extends: default, rules: {truthy: disable, ${layout.map((rule) => `${rule}: disable`).join(', ')}}}`;
  await succeed('yamllint', ['--strict', '-d', rules, DEPLOY]);
});

type Service = Readonly<Record<string, unknown>>;

test('compose takes the file, with and without the proxy, and the relay in it is hardened', async () => {
  const compose = await prepareTool('docker-compose', say);
  const home = join(folder, 'compose');
  await cp(DEPLOY, home, { recursive: true });
  await mkdir(join(home, 'secrets'), { recursive: true });
  await writeFile(join(home, 'secrets/ami-secret'), 'x');
  const config = (...parameters: string[]): Promise<string> =>
    succeed(compose.binary, ['-f', 'compose.yaml', ...parameters], {
      folder: home,
      environment: { ...compose.environment, RINGCUE_NAME: 'ringcue.example' },
    });
  await config('config', '-q');
  const { services } = parse(await config('--profile', 'tls', 'config')) as {
    services: Record<string, Service>;
  };
  assert.deepEqual(Object.keys(services).sort(), ['proxy', 'relay']);
  for (const service of Object.values(services)) {
    assert.equal(service['read_only'], true);
    assert.deepEqual(service['cap_drop'], ['ALL']);
    assert.deepEqual(service['security_opt'], ['no-new-privileges:true']);
    assert.ok(service['mem_limit'] !== undefined && service['pids_limit'] !== undefined);
  }
  const only = parse(await config('config')) as { services: Record<string, Service> };
  assert.deepEqual(Object.keys(only.services), ['relay'], 'without its profile no proxy is started');
  type Networked = { environment: Record<string, string>; networks: { inside: { ipv4_address: string } } };
  const [relay, proxy] = [services['relay'] as Networked, services['proxy'] as Networked];
  assert.equal(relay.environment['RINGCUE_TRUST_PROXY'], proxy.networks.inside.ipv4_address);
  assert.equal(relay.environment['RINGCUE_PUBLIC_URL'], 'https://ringcue.example');
  assert.ok(!relay.environment['RINGCUE_AUTH'], 'the file says it, unless whoever calls compose does');
  const [port] = (only.services['relay']?.['ports'] ?? []) as { host_ip?: string }[];
  assert.equal(port?.host_ip, '127.0.0.1', 'nothing is published beyond this machine unless it is asked for');
});

describe('systemd', () => {
  before(() => preparePackages(['systemd'], say)); // its own checker; nothing is started

  test('the unit is right, and hardened to at most 2.0', async () => {
    const unit = join(folder, 'ringcue.service');
    // What it starts need not be here to see whether it is written rightly.
    await writeFile(unit, (await read('ringcue.service')).replace('/usr/bin/node', process.execPath));
    const { code, stdout, stderr } = await attempt('systemd-analyze', ['verify', unit]);
    assert.deepEqual({ code, said: `${stdout}${stderr}` }, { code: 0, said: '' });
    const rated = await succeed('systemd-analyze', [
      'security',
      '--offline=yes',
      '--no-pager',
      '--threshold=20',
      unit,
    ]);
    say(rated.trim().split('\n').at(-1) ?? '');
  });

  test('a line that systemd does not know is found', async () => {
    const unit = join(folder, 'wrong.service');
    await writeFile(
      unit,
      (await read('ringcue.service'))
        .replace('/usr/bin/node', process.execPath)
        .replace('ProtectSystem=', 'ProtektSystem='),
    );
    const { stderr } = await attempt('systemd-analyze', ['verify', unit]);
    assert.match(stderr, /ProtektSystem/);
  });
});

type Resource = {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: Record<string, never>;
};

/** Holds it against Kubernetes' own schema; throws what does not fit. What is only unknown the API server alone refuses. */
async function checkResource(resource: Resource): Promise<void> {
  type Module = Record<string, new (data: unknown) => { validate(): void }>;
  const { apiVersion, kind } = resource;
  const { [kind]: Model } = (await import(`kubernetes-models/${apiVersion}/${kind}`)) as Module;
  assert.ok(Model, `Kubernetes has no ${kind} in ${apiVersion}`);
  new Model(resource).validate();
}

test('Kubernetes: the base is rendered whole, one hardened relay, closed to all but named ones', async () => {
  const kubectl = await prepareTool('kubectl', say);
  const rendered = await succeed(kubectl.binary, ['kustomize', DEPLOY], { environment: kubectl.environment });
  const resources = parseAllDocuments(rendered).map((one) => one.toJS() as Resource);
  const kinds = resources.map(({ kind }) => kind).sort();
  assert.deepEqual(kinds, ['ConfigMap', 'Deployment', 'NetworkPolicy', 'PersistentVolumeClaim', 'Service']);
  for (const resource of resources) await checkResource(resource);
  const unfit = structuredClone(resources.find(({ kind }) => kind === 'Service'));
  assert.ok(unfit);
  Object.assign(unfit.spec, { ports: 8088 });
  await assert.rejects(checkResource(unfit), /ports must be array/);
  const spec = (kind: string) => resources.find((one) => one.kind === kind)?.spec as unknown;
  const label = { 'app.kubernetes.io/name': 'ringcue' };
  type Pod = {
    securityContext: Record<string, unknown>;
    containers: { securityContext: unknown; livenessProbe: unknown; readinessProbe: unknown }[];
    volumes: { configMap?: { name: string } }[];
  };
  const deployment = spec('Deployment') as {
    replicas: number;
    strategy: unknown;
    selector: unknown;
    template: { metadata: { labels: unknown }; spec: Pod };
  };
  assert.deepEqual([deployment.replicas, deployment.strategy], [1, { type: 'Recreate' }]);
  assert.deepEqual(deployment.selector, { matchLabels: label });
  assert.deepEqual(deployment.template.metadata.labels, label);
  const pod = deployment.template.spec;
  assert.equal(pod.securityContext['runAsNonRoot'], true);
  assert.deepEqual(pod.securityContext['seccompProfile'], { type: 'RuntimeDefault' });
  const [container] = pod.containers;
  assert.deepEqual(container?.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  assert.ok(container?.livenessProbe && container.readinessProbe);
  // An empty selector would mean every pod of the namespace.
  const policy = spec('NetworkPolicy') as { podSelector: unknown; policyTypes: unknown };
  assert.deepEqual([policy.podSelector, policy.policyTypes], [{ matchLabels: label }, ['Ingress', 'Egress']]);
  const service = spec('Service') as { selector: unknown };
  assert.deepEqual(service.selector, label);
  const settings = pod.volumes.find(({ configMap }) => configMap)?.configMap?.name;
  assert.ok(
    settings !== undefined &&
      resources.some(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === settings),
  );
});

describe('the tarball', () => {
  let archive: string;
  before(async () => {
    archive = await packRelay(join(folder, 'one'));
  });

  test('the same files give the same bytes', async () => {
    const [one, two] = [await readFile(archive), await readFile(await packRelay(join(folder, 'two')))];
    say(`${archive.split('/').at(-1)}: ${(one.length / 1024 / 1024).toFixed(1)} MB`);
    assert.ok(one.equals(two));
  });

  test('unpacked it runs with Node alone, with the secret as systemd hands it over, and stops with 0', async () => {
    const home = join(folder, 'opt');
    await mkdir(home);
    await succeed('tar', ['-xf', archive, '--strip-components=1', '-C', home]);
    assert.deepEqual((await readdir(home)).sort(), [
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'package.json',
      'relay',
    ]);
    assert.ok(((await stat(join(home, 'relay/start.js'))).mode & 0o111) === 0o111, 'it can be called');
    await using pbx = await startFakePbx();
    const credentials = join(folder, 'credentials');
    await mkdir(credentials);
    await writeFile(join(credentials, 'ami-secret'), `${pbx.account.secret}\n`);
    const child = spawn(process.execPath, [join(home, 'relay/start.js'), 'serve'], {
      cwd: '/',
      env: {
        RINGCUE_AMI_HOST: pbx.account.host,
        RINGCUE_AMI_PORT: String(pbx.account.port),
        RINGCUE_AMI_USERNAME: pbx.account.username,
        RINGCUE_AMI_SECRET_FILE: join(credentials, 'ami-secret'),
        RINGCUE_AUTH: 'open',
        RINGCUE_COUNTRY: 'RU',
        RINGCUE_LISTEN: '127.0.0.1:0',
        RINGCUE_DATA: join(folder, 'state'),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const killer = setTimeout(() => child.kill('SIGKILL'), 15_000);
    const ended = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout }))
      if ((JSON.parse(line) as { msg: string }).msg === 'pbx up') child.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
    clearTimeout(killer);
  });
});
