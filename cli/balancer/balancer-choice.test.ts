import { deepEqual, equal, match, ok, throws } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hasCode, messageOf } from '../../base/errors.ts';
import { loadSettings } from '../../base/settings/load-settings.ts';
import { balancerChoiceIn } from './balancer-choice.ts';
import { balancerOptionsIn } from './balancer-options.ts';
import { driverOf, steeredBy } from './driver-of.ts';
import type { SafeWeightFlag } from './safe-weight-flag.ts';

const folder = mkdtempSync(join(tmpdir(), 'choice-'));
after(() => rmSync(folder, { recursive: true }));
const templateFile = join(folder, 'web.template');
writeFileSync(templateFile, 'server a weight={{weight s1}};\n');

type Flags = Readonly<Record<string, string | undefined>>;
const haproxy: Flags = { haproxy: '/run/haproxy/admin.sock', backend: 'web' };
const template: Flags = { template: templateFile, output: '/x/web.conf', check: 'nginx -t', reload: 'nginx -s reload' };
const envoy: Flags = { envoy: '/x/web.json', cluster: 'web', endpoints: 's1=10.0.0.1:8080,s2=[2001:DB8:0::1]:8080' };
const choiceOf = (flags: Flags, safeWeight: SafeWeightFlag | undefined = 100) =>
  balancerChoiceIn((flag) => flags[flag], safeWeight);

test('each kind from its flags: what the driver of that kind is given, as plain JSON', () => {
  const file = '/x/web.json';
  const endpoints = [
    ['s1', { address: '10.0.0.1', port: 8_080 }],
    ['s2', { address: '2001:db8::1', port: 8_080 }],
  ];
  const common = { kind: 'envoy', file, cluster: 'web', endpoints };
  const choices: [flags: Flags, choice: object][] = [
    [haproxy, { kind: 'haproxy', address: '/run/haproxy/admin.sock', backend: 'web' }],
    [
      template,
      {
        kind: 'template',
        templateFile,
        file: '/x/web.conf',
        check: ['nginx', '-t'],
        reload: ['nginx', '-s', 'reload'],
      },
    ],
    [envoy, { ...common, admin: undefined }],
    [
      { ...envoy, 'envoy-admin': '[::1]:9901' },
      { ...common, admin: { host: '::1', port: 9_901 } },
    ],
  ];
  for (const [flags, choice] of choices) {
    const chosen = choiceOf(flags);
    deepEqual(chosen, choice);
    const driver = driverOf(JSON.parse(JSON.stringify(chosen)));
    equal(driver.kind, chosen.kind);
  }
});

test('what is started says what it steers, and what it will not know', () => {
  match(steeredBy(choiceOf(haproxy)), /^web of HAProxy at \/run\/haproxy\/admin\.sock$/);
  match(steeredBy(choiceOf(template)), /at most one change in 55 s, no load tests; the file is read back, not what/);
  match(steeredBy(choiceOf(envoy)), /only this file is read back, not what Envoy uses: give --envoy-admin/);
  match(steeredBy(choiceOf({ ...envoy, 'envoy-admin': 'localhost:9901' })), /as it tells at localhost:9901$/);
});

const refusals: [flags: Flags, says: RegExp][] = [
  [{}, /^no balancer is chosen; give one of --haproxy, --template, --envoy; see/],
  [{ backend: 'web' }, /^no balancer is chosen/],
  [{ ...haproxy, ...envoy }, /^--haproxy and --envoy choose two balancers; give one of them; see/],
  [{ ...template, backend: 'web' }, /^--backend belongs to --haproxy, not to --template; see/],
  [{ ...haproxy, 'envoy-admin': 'x:1' }, /^--envoy-admin belongs to --envoy, not to --haproxy; see/],
  [{ ...haproxy, backend: undefined }, /^--haproxy needs --backend, which is not given; see/],
  [{ ...template, reload: undefined }, /^--template needs --reload, which is not given; see/],
  [{ ...template, template: '/nowhere' }, /^--template \/nowhere cannot be used: ENOENT/],
  [{ ...template, check: 'nginx -t | cat' }, /^--check is "nginx -t \| cat": no shell reads it/],
  [{ ...envoy, endpoints: undefined }, /^--envoy needs --endpoints, which is not given; see/],
  [{ ...envoy, endpoints: 's1=web1:80' }, /^--endpoints has "s1=web1:80", expected NAME=IP:PORT, several with commas/],
  [{ ...envoy, endpoints: '10.0.0.1:80' }, /^--endpoints has "10\.0\.0\.1:80"/],
  [{ ...envoy, endpoints: 's1=10.0.0.1:80,' }, /^--endpoints has ""/],
  [{ ...envoy, endpoints: 's1=[10.0.0.1]:80' }, /^--endpoints has "s1=\[10\.0\.0\.1\]:80"/],
  [{ ...envoy, 'envoy-admin': '9901' }, /^--envoy-admin is "9901", expected HOST:PORT/],
];
for (const [flags, says] of refusals)
  test(`refused: ${JSON.stringify(flags).replaceAll(folder, '')}`, () =>
    throws(
      () => choiceOf(flags),
      (error) => {
        match(messageOf(error), says);
        return hasCode(error, 'DYNO_USAGE_BALANCER');
      },
    ));

test('a template without a place for a weight is refused before it is needed', () => {
  const empty = join(folder, 'empty.template');
  writeFileSync(empty, 'server a;\n');
  throws(() => choiceOf({ ...template, template: empty }), /the template of weights has no \{\{weight NAME\}\}/);
});

test('an Envoy without a safe weight is refused: its file has no configured one', () =>
  throws(() => balancerChoiceIn((flag) => envoy[flag], undefined), /--envoy needs --safe-weight/));

test('an Envoy whose servers have safe weights of their own: exactly those of its endpoints', () => {
  const named = (...servers: string[]): SafeWeightFlag => servers.map((server) => [server, 40] as const);
  equal(choiceOf(envoy, named('s2', 's1')).kind, 'envoy');
  throws(() => choiceOf(envoy, named('s1')), /--safe-weight gives none to s2 of --endpoints; see/);
  throws(() => choiceOf(envoy, named('s1', 's2', 's3')), /--safe-weight names s3, which is not in --endpoints; see/);
});

test('so has a template those of its places; in HAProxy each server has its weight in the configuration', () => {
  equal(choiceOf(template, [['s1', 40]]).kind, 'template');
  throws(() => choiceOf(template, [['s11', 40]]), /--safe-weight gives none to s1 of --template; see/);
  throws(
    () => choiceOf(haproxy, [['s1', 40]]),
    /--safe-weight by server is not for --haproxy: give each server its weight/,
  );
});

test('flags as commander names them; what only the driver can tell is refused as wrong use too', () => {
  const settings = loadSettings({
    cwd: tmpdir(),
    env: { KAFKA_BROKERS: '127.0.0.1:9', SCHEMA_REGISTRY_URL: 'http://127.0.0.1:9' },
  });
  const optionsOf = (flags: Flags) =>
    balancerOptionsIn({ pool: 'web', tier: 'web', safeWeight: '90', ...flags }, settings, 'lb1');
  const { balancer, safeWeight } = optionsOf({ ...envoy, envoyAdmin: '127.0.0.1:9901' });
  ok(balancer.kind === 'envoy');
  deepEqual([safeWeight, balancer.admin], [90, { host: '127.0.0.1', port: 9_901 }]);
  for (const [flags, says] of [
    [{ ...envoy, envoy: '/x/web.yaml' }, /its name has to end in \.json/],
    [{ ...envoy, endpoints: 's1=10.0.0.1:1,s2=10.0.0.1:1' }, /two servers of cluster web have the same address/],
    [{ ...haproxy, haproxy: 'admin.sock' }, /is no address of HAProxy's stats socket/],
  ] as const)
    throws(
      () => optionsOf(flags),
      (error) => hasCode(error, 'DYNO_USAGE_BALANCER') && says.test(messageOf(error)),
    );
});
