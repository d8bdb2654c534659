import { deepEqual, equal, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import { topicSettings } from '../../schemas/topics.ts';
import { parseInventory } from '../../schemas/topology-inventory.ts';
import { applyTopics } from './apply-topics.ts';
import { applyTopology, planWords } from './apply-topology.ts';
import type { RegistryPort } from './registry-port.ts';

const text = `
services: [{ service: www, product: web, reference: true }]
hosts:
  - { host: web1, tier: web, service: www }
  - { host: web2, tier: web, service: www }
`;

/** Gives each schema the next id, as a registry does. */
function memoryRegistry(): RegistryPort {
  const schemas: string[] = [];
  return {
    register: async (_subject, schemaJson) => {
      if (!schemas.includes(schemaJson)) schemas.push(schemaJson);
      return schemas.indexOf(schemaJson);
    },
    schemaById: async (schemaId) => schemas[schemaId],
  };
}

function world() {
  const clock = new VirtualClock();
  const random = new Random(1);
  const cluster = new SimulatedCluster({ clock, random });
  const log = new MemberLog(cluster, new SimulatedGroups(cluster));
  /** Lets virtual time pass until the work is done. */
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    let open = true;
    const closed = work.finally(() => {
      open = false;
    });
    closed.catch(() => {});
    while (open) await clock.advance(20);
    return closed;
  };
  const registry = memoryRegistry();
  const apply = (yaml: string) =>
    settled(
      applyTopology({
        log,
        registry,
        inventory: parseInventory({ file: 'topology.yaml', text: yaml }),
        nowMs: clock.nowMs(),
      }),
    );
  return { clock, cluster, log, registry, settled, apply };
}

test('every topic is created and every schema registered, twice as well as once', async () => {
  const { cluster, log, registry, settled } = world();
  const first = await settled(applyTopics({ log, registry, partitions: 4 }));
  deepEqual(await settled(applyTopics({ log, registry, partitions: 4 })), first);
  equal(first.topics.length, topicSettings({ partitions: 4 }).length);
  equal(cluster.partitions('dyno.counters.v1').length, 4);
  equal(cluster.partitions('topology.hosts.v1').length, 1);
});

test('an inventory is appended once; again it changes nothing', async () => {
  const { log, registry, settled, apply } = world();
  await settled(applyTopics({ log, registry, partitions: 4 }));
  equal(planWords(await apply(text)), '2 hosts changed, 0 unchanged; 1 services changed, 0 unchanged.');
  equal(planWords(await apply(text)), '0 hosts changed, 2 unchanged; 0 services changed, 1 unchanged.');
  const moved = await apply('hosts: [{ host: web1, tier: feed, service: www }]');
  deepEqual(
    moved.hosts[0]?.placements.map(({ tier }) => tier),
    ['web', 'feed'],
  );
  equal(moved.unnamedHosts, 1);
});

test('nothing of an inventory is appended when one of its hosts is refused', async () => {
  const { cluster, log, registry, settled, apply } = world();
  await settled(applyTopics({ log, registry, partitions: 4 }));
  await apply(text);
  const before = cluster.partition({ topic: 'topology.hosts.v1', partition: 0 }).endOffset;
  await rejects(
    apply(
      'hosts:\n- { host: new, tier: web, service: www }\n- { host: web1, tier: feed, service: www, valid_from: 5 }',
    ),
    { code: 'DYNO_USAGE_TOPOLOGY' },
  );
  equal(cluster.partition({ topic: 'topology.hosts.v1', partition: 0 }).endOffset, before);
});

test('a host whose record cannot be decoded is written anew', async () => {
  const { cluster, log, registry, settled, apply } = world();
  await settled(applyTopics({ log, registry, partitions: 4 }));
  await apply(text);
  const damaged = { key: Buffer.from('web1'), value: Buffer.from('no record'), headers: undefined };
  cluster.partition({ topic: 'topology.hosts.v1', partition: 0 }).append([damaged], 0);
  deepEqual(
    (await apply(text)).hosts.map(({ host }) => host),
    ['web1'],
  );
  equal((await apply(text)).unchangedHosts, 2);
});
