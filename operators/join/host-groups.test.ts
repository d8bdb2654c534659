import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { test } from 'node:test';
import type { Placement, Placements } from '../../schemas/topology.ts';
import { HostGroups } from './host-groups.ts';

const place = (tier: string, service: string, validFromMs = 0): Placement => ({
  tier,
  service,
  region: '',
  datacenter: '',
  rack: '',
  serverType: '',
  generation: '',
  pool: '',
  server: '',
  build: '',
  owner: '',
  validFromMs,
});
const topology = (hosts: Readonly<Record<string, readonly Placement[]>>): Placements => ({
  placementAt: (host, timeMs) => hosts[host]?.findLast(({ validFromMs }) => validFromMs <= timeMs),
});
const shown = (groups: ReturnType<HostGroups['groupsOf']>) =>
  groups.map(({ key, hosts, members }) => `${key}: ${hosts.map(({ host }, i) => `${host}@${members[i]}`).join(' ')}`);

test('hosts are grouped by tier or service, groups and hosts in order; an unknown host is unassigned', () => {
  const groups = new HostGroups(
    topology({ a: [place('web', 'www')], b: [place('db', 'www')], c: [place('web', 'www')] }),
  );
  deepEqual(shown(groups.groupsOf(['a', 'b', 'c', 'x'], 1_000, 'tier')), [
    'db: b@1',
    'unassigned: x@3',
    'web: a@0 c@2',
  ]);
  deepEqual(shown(groups.groupsOf(['a', 'b', 'c', 'x'], 1_000, 'service')), [': x@3', 'www: a@0 b@1 c@2']);
  deepEqual(groups.groupsOf([], 1_000, 'tier'), []);
});

test('a placement is valid for windows that end after its moment', () => {
  const groups = new HostGroups(topology({ a: [place('old', 'www'), place('new', 'www', 5_000)] }));
  const tierAt = (endMs: number) => groups.groupsOf(['a'], endMs, 'tier')[0]?.key;
  deepEqual([tierAt(4_000), tierAt(5_000), tierAt(6_000), tierAt(5_000)], ['old', 'old', 'new', 'old']);
});

test('the answer is the same object while hosts and placements stay, another one when either changes', () => {
  const hosts: Record<string, readonly Placement[]> = { a: [place('web', 'www')] };
  const groups = new HostGroups(topology(hosts));
  const first = groups.groupsOf(['a'], 1_000, 'tier');
  equal(groups.groupsOf(['a'], 2_000, 'tier'), first);
  notEqual(groups.groupsOf(['a', 'b'], 2_000, 'tier'), first);
  hosts['a'] = [place('cache', 'www')];
  equal(groups.groupsOf(['a'], 3_000, 'tier')[0]?.key, 'cache');
});

test('the same list of hosts is not looked up again while the placements have the same version', () => {
  let lookups = 0;
  const version = { now: 1 };
  const placed: Record<string, Placement> = { a: place('web', 'www') };
  const groups = new HostGroups({
    placementAt: (host) => {
      lookups++;
      return placed[host];
    },
    versionAt: (timeMs) => (timeMs >= 5_000 ? version.now : Number.NaN),
  });
  const hosts = ['a'];
  const tierAt = (endMs: number) => groups.groupsOf(hosts, endMs, 'tier')[0]?.key;
  deepEqual([tierAt(9_000), tierAt(10_000), lookups], ['web', 'web', 1]);
  deepEqual([tierAt(3_000), tierAt(3_000), lookups], ['web', 'web', 3]);
  placed['a'] = place('cache', 'www');
  version.now = 2;
  deepEqual([tierAt(11_000), groups.groupsOf(['a'], 11_000, 'tier')[0]?.key, lookups], ['cache', 'cache', 5]);
});
