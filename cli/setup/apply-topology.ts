import type { Log, ProduceRecord } from '../../log/port.ts';
import { type AvroTopic, codecOf, subjectOf, type TopicValues } from '../../schemas/codec.ts';
import { PlacementTable } from '../../schemas/placement-table.ts';
import type { Inventory } from '../../schemas/topology-inventory.ts';
import { planTopology, type TopologyPlan } from '../../schemas/topology-plan.ts';
import { readCompacted } from './compacted-topic.ts';
import type { RegistryPort } from './registry-port.ts';

export interface ApplyTopologyOptions {
  readonly log: Log;
  readonly registry: RegistryPort;
  readonly inventory: Inventory;
  readonly nowMs: number;
}

/** Records of one request: far below a batch's limit, and a broken connection repeats little. */
const recordsPerSend = 500;

/**
 * Brings the log's topology to what the inventory says; answers what it changed. Doing it again appends nothing. Both
 * topics have one partition, so every reader sees the changes in one order.
 */
export async function applyTopology(options: ApplyTopologyOptions): Promise<TopologyPlan> {
  const table = new PlacementTable();
  for (const record of (await readCompacted(options, 'topology.hosts.v1')).values()) table.apply(record);
  const services = await readCompacted(options, 'topology.services.v1');
  const plan = planTopology({ inventory: options.inventory, table, services, nowMs: options.nowMs });
  await append(options, 'topology.services.v1', new Map(plan.services.map((service) => [service.service, service])));
  await append(options, 'topology.hosts.v1', new Map(plan.hosts.map((record) => [record.host, record])));
  return plan;
}

async function append<T extends AvroTopic>(
  { log, registry }: ApplyTopologyOptions,
  topic: T,
  values: ReadonlyMap<string, TopicValues[T]>,
): Promise<void> {
  if (values.size === 0) return;
  const codec = codecOf(topic);
  const schemaId = await registry.register(subjectOf(topic), codec.schemaJson);
  const records = [...values].map(
    ([key, value]): ProduceRecord => ({
      topic,
      partition: 0,
      key: Buffer.from(key),
      value: codec.encode(value, schemaId),
    }),
  );
  const producer = await log.producer();
  try {
    for (let at = 0; at < records.length; at += recordsPerSend)
      await producer.send(records.slice(at, at + recordsPerSend));
  } finally {
    await producer.close();
  }
}

/** What was done, in a sentence for people. */
export function planWords(plan: TopologyPlan): string {
  const hosts = `${plan.hosts.length} hosts changed, ${plan.unchangedHosts} unchanged`;
  const services = `${plan.services.length} services changed, ${plan.unchangedServices} unchanged`;
  const unnamed =
    plan.unnamedHosts === 0 ? '' : `; ${plan.unnamedHosts} known hosts are not in the file and stay as they are`;
  return `${hosts}; ${services}${unnamed}.`;
}
