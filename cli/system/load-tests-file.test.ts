import { deepEqual, equal } from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { messageOf } from '../../base/errors.ts';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import type { HostPlacements } from '../../schemas/records.ts';
import { parseInventory } from '../../schemas/topology-inventory.ts';
import { placementsOfInventory } from '../../schemas/topology-plan.ts';
import { applyTopics } from '../setup/apply-topics.ts';
import { applyTopology } from '../setup/apply-topology.ts';
import type { RegistryPort } from '../setup/registry-port.ts';
import { loadTestsFromFile } from './load-tests-file.ts';

const loadTests = `tiers:
  - tier: web
    pools: [{ name: north, balancer: simulated }]
    slo: { p95_ms: 400, error_ratio: 0.01 }
    hours: always
    safe_weights: 100
`;
const inventoryOf = (hosts: string) => parseInventory({ file: 'topology.yaml', text: `hosts: [${hosts}]` });

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

/** Tiers that the file names, or the sentence that refuses it, after these inventories were applied one by one. */
async function checked(inventories: readonly string[], coming: readonly HostPlacements[] = []): Promise<unknown> {
  const clock = new VirtualClock();
  const cluster = new SimulatedCluster({ clock, random: new Random(1) });
  const log = new MemberLog(cluster, new SimulatedGroups(cluster));
  const registry = memoryRegistry();
  const settled = async <T>(work: Promise<T>): Promise<T> => {
    let open = true;
    const closed = work.finally(() => {
      open = false;
    });
    closed.catch(() => {});
    while (open) await clock.advance(20);
    return closed;
  };
  const folder = mkdtempSync(join(tmpdir(), 'dyno-loadtests-'));
  try {
    const path = join(folder, 'loadtests.yaml');
    writeFileSync(path, loadTests);
    await settled(applyTopics({ log, registry, partitions: 4 }));
    for (const hosts of inventories)
      await settled(applyTopology({ log, registry, inventory: inventoryOf(hosts), nowMs: clock.nowMs() }));
    const read = await settled(loadTestsFromFile({ path, log, registry, clock, coming }));
    return read?.tiers.map(({ tier }) => tier);
  } catch (error) {
    return messageOf(error).replace(/\S*loadtests\.yaml/g, 'loadtests.yaml');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('without a file nothing may be steered, and no topology is read', async () => {
  const nobody = () => Promise.reject(new Error('nobody asks'));
  const registry = { register: nobody, schemaById: nobody };
  const cluster = new SimulatedCluster({ clock: new VirtualClock(), random: new Random(1) });
  const log = new MemberLog(cluster, new SimulatedGroups(cluster));
  equal(await loadTestsFromFile({ path: undefined, log, registry, clock: new VirtualClock() }), undefined);
});

test('tier and pool are looked for in the topology of the log', async () => {
  deepEqual(await checked(['{ host: a, tier: web, service: www, pool: north }']), ['web']);
  equal(
    await checked(['{ host: a, tier: web, service: www, pool: lan }']),
    'loadtests.yaml:3: "north" is not a pool that a host of the topology names; known are lan',
  );
});

test('a change that was applied a moment ago counts, one of a far day does not', async () => {
  const before = '{ host: a, tier: feed, service: www }';
  deepEqual(await checked([before, '{ host: a, tier: web, service: www, pool: north }']), ['web']);
  const later = '{ host: a, tier: web, service: www, pool: north, valid_from: 2040-01-01T00:00:00Z }';
  equal(
    await checked([before, later]),
    'loadtests.yaml has 2 faults:\n' +
      '  loadtests.yaml:2: "web" is not a tier of the topology; known are feed\n' +
      '  loadtests.yaml:3: "north" is not a pool that a host of the topology names; the topology has none; name it there first ("dynoscope topology apply")',
  );
});

test('hosts that are about to come count', async () => {
  const coming = placementsOfInventory(inventoryOf('{ host: a, tier: web, service: www, pool: north }'));
  deepEqual(await checked([], coming), ['web']);
});
