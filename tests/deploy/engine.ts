// buildah and podman with a store and networks of their own in the cache folder, so that nobody's other containers are
// touched. Called by tests/deploy. Debian 12's crun cannot start containers everywhere, so runc does.
// [buildah-bud(1), podman-run(1), containers.conf(5)]
import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultCacheFolder } from '../setup/asterisk.ts';
import { preparePackages } from '../setup/packages.ts';
import { attempt, succeed } from './command.ts';
import type { Outcome, RunOptions } from './command.ts';

const PACKAGES = [
  'buildah',
  'podman',
  'runc',
  'catatonit',
  'iptables',
  'netavark',
  'aardvark-dns',
  'mmdebstrap',
  'openssl',
  'curl',
  'ca-certificates',
] as const;

export const NETWORK = 'ringcue-test';
const SUBNET = '10.213.77.0/24';
/** Where the host is for a container. */
export const GATEWAY = '10.213.77.1';
/** The network of compose in the tests. */
export const COMPOSE_NETWORK = '10.213.78';
/** How the addresses of containers begin. */
export const SUBNETS = ['10.213.77.', `${COMPOSE_NETWORK}.`] as const;

/** [capability.h] CAP_NET_ADMIN and CAP_SYS_ADMIN. */
const NEEDED_RIGHTS = (1n << 12n) | (1n << 21n);

const ownRights = (): bigint =>
  BigInt(`0x${/^CapEff:\s+([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'}`);

/** Why no container can be run by this user, or null. */
export function noContainersAs(userId: number | undefined, rights = ownRights): string | null {
  if (userId !== 0) return 'containers are built and run by root here: sudo npm run test:deploy';
  return (rights() & NEEDED_RIGHTS) === NEEDED_RIGHTS
    ? null
    : 'this root may not make namespaces and networks, as in a container without those rights';
}

export type Engine = {
  buildah(parameters: readonly string[], options?: RunOptions): Promise<string>;
  podman(parameters: readonly string[], options?: RunOptions): Promise<string>;
  /** Whatever its exit code is. */
  tryPodman(parameters: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** All that podman needs before its command, for a podman that a test starts itself. */
  readonly podmanOptions: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
};

export async function openEngine(progress: (text: string) => void = () => undefined): Promise<Engine> {
  await preparePackages(PACKAGES, progress);
  const folder = join(defaultCacheFolder(), 'containers');
  const networks = join(folder, 'networks');
  await mkdir(networks, { recursive: true });
  const settings = join(folder, 'containers.conf');
  // What this host itself may hand out; podman's own defaults are more, which a container without that right refuses.
  await writeFile(
    settings,
    '[containers]\ndefault_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]\n[network]\nnetwork_backend = "netavark"\n',
  );
  const environment = { CONTAINERS_CONF: settings };
  const store = [
    '--root',
    join(folder, 'store'),
    '--runroot',
    '/run/ringcue-containers',
    '--storage-driver',
    'overlay',
  ];
  const podmanOptions = [
    ...store,
    '--runtime',
    '/usr/sbin/runc',
    '--cgroup-manager',
    'cgroupfs',
    '--events-backend',
    'file',
    '--network-config-dir',
    networks,
  ];
  const engine: Engine = {
    buildah: (parameters, options) =>
      succeed('buildah', [...store, ...parameters], { ...options, environment }),
    podman: (parameters, options) =>
      succeed('podman', [...podmanOptions, ...parameters], { ...options, environment }),
    tryPodman: (parameters, options) =>
      attempt('podman', [...podmanOptions, ...parameters], { ...options, environment }),
    podmanOptions,
    environment,
  };
  if ((await engine.tryPodman(['network', 'exists', NETWORK])).code !== 0)
    await engine.podman(['network', 'create', '--subnet', SUBNET, '--gateway', GATEWAY, NETWORK]);
  return engine;
}
