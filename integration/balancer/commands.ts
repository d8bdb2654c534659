import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { applyTopics } from '../../cli/setup/apply-topics.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log, Producer } from '../../log/port.ts';
import { openRegistryClient } from '../../log/registry/client.ts';
import { startRegistry } from '../../log/registry/start-registry.ts';
import { codecOf } from '../../schemas/codec.ts';
import type { WeightCommand } from '../../schemas/weight-records.ts';
import { serverWeights } from '../../schemas/weight-state.ts';
import { atEnd, until } from '../system/running.ts';
import { moved, type NamedWeights, type SteeredPool, tier } from './balancer-process.ts';

/** A log with its topics, a registry, and who commands over them; `env` is what `dynoscope balancer` needs. */
export async function placeOn(t: TestContext, bootstrap: string) {
  const log = await openKafkaLog({ brokers: [bootstrap], clientId: 'balancer-test', replicationFactor: 1 });
  atEnd(t, () => log.close());
  const registry = await startRegistry({ log });
  atEnd(t, () => registry.close());
  const client = openRegistryClient({ url: registry.url });
  const { schemaIds } = await applyTopics({ log, registry: client, partitions: 4 });
  const commands = new Commands(log, await log.producer(), schemaIds);
  const env = { KAFKA_BROKERS: bootstrap, SCHEMA_REGISTRY_URL: registry.url };
  return { log, commands, env };
}

/** Commands before the adapter follows the log are lost on it: it is asked until it answers. */
export async function untilHeard(
  pool: SteeredPool,
  commands: Commands,
  over: Partial<WeightCommand> = {},
): Promise<void> {
  const since = pool.program.events.length;
  await until('an adapter that follows the log', 15_000, async () => {
    await commands.send(pool, moved, { dryRun: true, ...over });
    await delay(300);
    return pool.program.events.slice(since).some(({ status }) => status === 'dry_run') ? true : undefined;
  });
}

/** Writes what a controller and an operator would. */
export class Commands {
  readonly #log: Log;
  readonly #producer: Producer;
  readonly #ids: ReadonlyMap<string, number>;
  #seq = 0;

  constructor(log: Log, producer: Producer, ids: ReadonlyMap<string, number>) {
    this.#log = log;
    this.#producer = producer;
    this.#ids = ids;
  }

  async send(pool: SteeredPool, weights: NamedWeights, over: Partial<WeightCommand> = {}): Promise<string> {
    const topic = 'loadbalancer.control.v1';
    const seq = ++this.#seq;
    const command: WeightCommand = {
      commandId: `c${seq}`,
      pool: pool.pool,
      tier,
      epoch: 1,
      seq,
      issuedAt: Date.now(),
      ttlMs: 10_000,
      mode: 'test',
      runId: 'run-1',
      weights: serverWeights(new Map(Object.entries(weights))).map((each) => ({ ...each, previous: undefined })),
      safeWeights: [],
      expectStateHash: await pool.stateHash(),
      reason: 'A test.',
      evidence: undefined,
      dryRun: false,
      ...over,
    };
    await this.bytes(pool.pool, codecOf(topic).encode(command, this.#ids.get(topic)!));
    return command.commandId;
  }

  async bytes(key: string, value: Buffer): Promise<void> {
    const topic = 'loadbalancer.control.v1';
    const { endOffsets } = await this.#log.topicState(topic);
    const partition = partitionOf(tier, endOffsets.length);
    await this.#producer.send([{ topic, partition, key: Buffer.from(key), value }]);
  }

  async kill(scope: string, engaged: boolean): Promise<void> {
    const topic = 'loadbalancer.killswitch.v1';
    const said = { scope, engaged, at: Date.now(), by: 'test', reason: 'A test.' };
    const value = codecOf(topic).encode(said, this.#ids.get(topic)!);
    await this.#producer.send([{ topic, partition: 0, key: Buffer.from(scope), value }]);
  }
}
