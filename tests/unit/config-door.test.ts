// The settings of the relay's port and of TLS to Asterisk: what IT may write, and what it is told when it is wrong.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlainUnasked } from '../../relay/config-door.ts';
import { accountOf } from '../../relay/config-pbx.ts';
import { readConfig } from '../../relay/config.ts';
import type { Config } from '../../relay/config.ts';

const GOOD = {
  RINGCUE_AMI_HOST: 'pbx.example',
  RINGCUE_AMI_USERNAME: 'ringcue',
  RINGCUE_AMI_SECRET: 'hunter2',
  RINGCUE_AUTH: 'open',
  RINGCUE_COUNTRY: 'RU',
};
const OWN_ADD_ON = 'chrome-extension://abcdefghijklmnopabcdefghijklmnop';

function configOf(environment: Record<string, string>, yaml = ''): Config {
  const result = readConfig({ ...GOOD, ...environment, RINGCUE_CONFIG: '/c' }, () => yaml);
  assert.ok('config' in result, JSON.stringify(result));
  return result.config;
}
function problemsOf(environment: Record<string, string>): string {
  const result = readConfig({ ...GOOD, ...environment });
  return 'problems' in result ? result.problems.join('\n') : '';
}

test('lists stand in the file as lists, and in one line with commas', () => {
  const inFile = configOf(
    {},
    `trustProxy: [127.0.0.1, 10.0.0.0/8]\norigins:\n  - ${OWN_ADD_ON}\n  - moz-extension\n`,
  );
  const inLine = configOf({
    RINGCUE_TRUST_PROXY: '127.0.0.1, 10.0.0.0/8',
    RINGCUE_ORIGINS: `${OWN_ADD_ON},moz-extension`,
  });
  for (const config of [inFile, inLine]) {
    assert.deepEqual(config.trustProxy, ['127.0.0.1', '10.0.0.0/8']);
    assert.deepEqual(config.origins, [OWN_ADD_ON, 'moz-extension']);
  }
});

test('a path may end in a stroke or not', () => {
  for (const path of ['/a/ringcue', '/a/ringcue/'])
    assert.equal(configOf({ RINGCUE_BASE_PATH: path }).basePath, '/a/ringcue');
  assert.equal(configOf({ RINGCUE_BASE_PATH: '/' }).basePath, '');
});

test('the way to Asterisk is plain unless TLS is asked for', () => {
  const tlsOf = (environment: Record<string, string>) => configOf(environment).pbxs.map(accountOf)[0]?.tls;
  assert.equal(tlsOf({}), null);
  assert.deepEqual(tlsOf({ RINGCUE_AMI_TLS: 'yes' }), { caFile: null, name: null, minVersion: '1.2' });
  assert.deepEqual(
    tlsOf({
      RINGCUE_AMI_TLS: 'yes',
      RINGCUE_AMI_TLS_CA: '/ca.pem',
      RINGCUE_AMI_TLS_NAME: 'pbx.local',
      RINGCUE_AMI_TLS_MIN_VERSION: '1.0',
    }),
    { caFile: '/ca.pem', name: 'pbx.local', minVersion: '1.0' },
  );
});

for (const [environment, problem] of [
  [{ RINGCUE_AMI_TLS: 'perhaps' }, /RINGCUE_AMI_TLS must be yes or no/],
  [{ RINGCUE_AMI_TLS_MIN_VERSION: '1' }, /RINGCUE_AMI_TLS_MIN_VERSION must be 1\.0, 1\.1, 1\.2 or 1\.3/],
  [
    { RINGCUE_TLS_CERTIFICATE: '/c.pem' },
    /RINGCUE_TLS_KEY \(or tls\.key .*\) is missing: certificate and key/,
  ],
  [{ RINGCUE_TLS_KEY: '/k.pem' }, /RINGCUE_TLS_CERTIFICATE \(or tls\.certificate .*\) is missing/],
  [{ RINGCUE_TRUST_PROXY: 'nginx' }, /RINGCUE_TRUST_PROXY\.0 must be addresses or networks/],
  [{ RINGCUE_TRUST_PROXY: '127.0.0.1,10.0.0.0/40' }, /RINGCUE_TRUST_PROXY\.1 must be/],
  [{ RINGCUE_BASE_PATH: 'ringcue' }, /must be a path, for example \/ringcue/],
  [{ RINGCUE_BASE_PATH: '/../x y' }, /must be a path/],
  [{ RINGCUE_ORIGINS: 'https://crm.example' }, /RINGCUE_ORIGINS\.0 must be add-ons/],
  [{ RINGCUE_ORIGINS: '*' }, /must be add-ons/],
  [{ RINGCUE_ORIGINS: `${OWN_ADD_ON}/` }, /must be add-ons/],
] as const)
  test(`${JSON.stringify(environment)} is told as ${String(problem)}`, () => {
    assert.match(problemsOf(environment), problem);
  });

test('without TLS the relay speaks to others only if that is asked for by name, or it keeps no secret anyway', () => {
  const door = { auth: 'pairing', tlsCertificate: null, tlsKey: null, plainBeyondLoopback: false };
  assert.ok(isPlainUnasked(door, false));
  assert.ok(!isPlainUnasked(door, true), 'on this machine alone');
  assert.ok(!isPlainUnasked({ ...door, plainBeyondLoopback: true }, false), 'asked for');
  assert.ok(!isPlainUnasked({ ...door, tlsCertificate: '/c.pem' }, false), 'with TLS');
  assert.ok(!isPlainUnasked({ ...door, auth: 'open' }, false), 'open mode has its own setting');
});
