import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../base/clock.ts';
import { applyTopics } from '../../cli/setup/apply-topics.ts';
import { type LocalKafka, startKafka } from '../../infra/kafka-local/start-kafka.ts';
import { openKafkaLog } from '../../log/kafka/open-kafka-log.ts';
import { partitionOf } from '../../log/partitioner.ts';
import type { Log } from '../../log/port.ts';
import { openRegistryClient } from '../../log/registry/client.ts';
import { startRegistry } from '../../log/registry/start-registry.ts';
import { type AvroTopic, codecOf } from '../../schemas/codec.ts';
import { loadServerTypes, logicalCpusOf } from '../../schemas/server-types.ts';
import { inTurnArrivalsForWait } from '../../simulate/loadtest/in-turn-truth.ts';
import { exactArrivalsForWait } from '../../simulate/loadtest/queue-truth.ts';
import { Random } from '../../simulate/random.ts';
import { Program } from '../program/program.ts';
import type { FleetProcessOptions } from './fleet-process.ts';
import { HaproxyPools } from './haproxy-pools.ts';
import { PoissonLoad } from './poisson-load.ts';

export interface RigOptions {
  /** A pool of HAProxy has the name of its tier. */
  readonly tiers: readonly string[];
  readonly hostsOfTier: number;
  /** Mean service time of a hit. */
  readonly serviceMs: number;
  /** Users' load of a host as a part of its capacity by Erlang C. */
  readonly loadShare: number;
  readonly seed: number;
  /** A folder of its own, removed by the caller. */
  readonly folder: string;
  /** Called with what is to be undone, the last first. */
  readonly atEnd: (undo: () => unknown) => void;
}

const generation = 'VSS';
const build = 'b1';
export const partitions = 4;
const servers = logicalCpusOf(loadServerTypes(), generation)!;

interface Setup {
  /** The way to the log and the registry, for processes. */
  readonly env: Readonly<Record<string, string>>;
  readonly schemaIds: ReadonlyMap<AvroTopic, number>;
}

/** Everything of a live load test, real but for the hosts' work: log, registry, windows, topology, HAProxy, adapters, users. */
export class Rig {
  readonly options: RigOptions;
  readonly broker: LocalKafka;
  readonly log: Log;
  readonly haproxy: HaproxyPools;
  readonly fleet: Program;
  /** By tier. */
  readonly loads = new Map<string, PoissonLoad>();
  readonly #env: Setup['env'];
  readonly #schemaIds: Setup['schemaIds'];
  readonly #adapters = new Map<string, Program>();

  private constructor(parts: Pick<Rig, 'options' | 'broker' | 'log' | 'haproxy' | 'fleet'>, setup: Setup) {
    this.options = parts.options;
    this.broker = parts.broker;
    this.log = parts.log;
    this.haproxy = parts.haproxy;
    this.fleet = parts.fleet;
    this.#env = setup.env;
    this.#schemaIds = setup.schemaIds;
  }

  /** Hosts live and are asked, windows are computed; no controller and no adapter yet. */
  static async start(options: RigOptions): Promise<Rig> {
    const { atEnd, folder, tiers } = options;
    const broker = await startKafka();
    atEnd(() => broker.close());
    const log = await openKafkaLog({ brokers: [broker.bootstrap], clientId: 'closed-loop', replicationFactor: 1 });
    atEnd(() => log.close());
    const registry = await startRegistry({ log });
    atEnd(() => registry.close());
    const client = openRegistryClient({ url: registry.url });
    const { schemaIds } = await applyTopics({ log, registry: client, partitions });
    const env = { KAFKA_BROKERS: broker.bootstrap, SCHEMA_REGISTRY_URL: registry.url };
    writeFiles(options);
    const fleet = program({ file: fleetFile, args: [JSON.stringify(fleetOf(options))], env, cwd: folder }, atEnd);
    const topology = program({ args: ['topology', 'apply', 'topology.yaml'], env, cwd: folder }, atEnd);
    const { ports } = (await fleet.event(({ event }) => event === 'listening')) as unknown as { ports: number[] };
    const pools = tiers.map((pool, at) => ({
      pool,
      servers: ports
        .slice(at * options.hostsOfTier, (at + 1) * options.hostsOfTier)
        .map((port, number) => ({ name: serverName(number), port })),
    }));
    const haproxy = await HaproxyPools.start(folder, pools);
    atEnd(() => haproxy.close());
    const code = await topology.ended();
    if (code !== 0) throw new Error(`the topology was not applied: ${topology.stderr}`);
    const rig = new Rig({ options, broker, log, haproxy, fleet }, { env, schemaIds });
    rig.#startLoads();
    rig.stage('windows');
    return rig;
  }

  /** Hits/s of one host at which it would wait 100 ms on average if users came to it at random (Erlang C). */
  get poissonLambda100(): number {
    const serviceS = this.options.serviceMs / 1_000;
    return exactArrivalsForWait({ servers, serviceS, cv2: 1, waitS: 0.1 });
  }

  /** What the users of a tier ask for. */
  get poolHitsPerS(): number {
    const { hostsOfTier, loadShare } = this.options;
    return hostsOfTier * loadShare * this.poissonLambda100;
  }

  /** Hits/s of one host at which it truly waits 100 ms on average, as the balancer gives it its hits in turn. */
  lambda100(): number {
    const serviceS = this.options.serviceMs / 1_000;
    return inTurnArrivalsForWait({ servers, serviceS, cv2: 1, poolHitsPerS: this.poolHitsPerS }, 0.1);
  }

  /** `dynoscope run NAME` in a process of its own. */
  stage(name: 'windows' | 'loadtests' | 'clickhouse', env: Readonly<Record<string, string>> = {}): Program {
    const { folder, atEnd } = this.options;
    return program({ args: ['run', name], env: { ...this.#env, ...env }, cwd: folder }, atEnd);
  }

  /** One for each pool; resolves when all of them have restored safe weights. */
  async startAdapters(): Promise<void> {
    await Promise.all(this.options.tiers.map((tier) => this.#startAdapter(tier)));
  }

  /** The adapter's own process, below the parent that restarts it. */
  adapterPid(tier: string): number {
    const { pid } = this.#adapters.get(tier)!;
    return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim());
  }

  async request(tier: string): Promise<void> {
    const topic = 'instantdyno.loadtest-requests.v1';
    const asked = {
      timeMs: Date.now(),
      tier,
      action: 'start',
      generation,
      reason: 'A test.',
      requestedBy: 'closed-loop',
    };
    const value = codecOf(topic).encode(asked, this.#schemaIds.get(topic)!);
    const producer = await this.log.producer();
    await producer.send([{ topic, partition: partitionOf(tier, partitions), key: Buffer.from(tier), value }]);
    await producer.close();
  }

  #startLoads(): void {
    const { tiers, seed, atEnd } = this.options;
    for (const [at, tier] of tiers.entries()) {
      const random = new Random(seed, 10_000 + at);
      const load = new PoissonLoad({
        port: this.haproxy.ports.get(tier)!,
        arrivalsPerS: this.poolHitsPerS,
        exponential: (mean) => random.exponential(mean),
      });
      atEnd(() => load.stop());
      this.loads.set(tier, load);
    }
  }

  async #startAdapter(tier: string): Promise<void> {
    const { folder, atEnd } = this.options;
    const args = ['balancer', '--haproxy', this.haproxy.socketPath, '--backend', tier, '--pool', tier, '--tier', tier];
    const adapter = program({ args: [...args, '--json'], env: this.#env, cwd: folder }, atEnd);
    this.#adapters.set(tier, adapter);
    await adapter.event(({ status }) => status === 'reverted_restart');
  }
}

const fleetFile = fileURLToPath(new URL('fleet-process.js', import.meta.url));
const serverName = (number: number): string => `s${String(number + 1).padStart(2, '0')}`;
export const hostName = (tier: string, server: string): string => `${server}.${tier}.example`;

function program(options: ConstructorParameters<typeof Program>[0], atEnd: RigOptions['atEnd']): Program {
  const started = new Program(options);
  atEnd(async () => {
    if (started.running) await started.signal('SIGKILL');
  });
  return started;
}

const serverNames = ({ hostsOfTier }: RigOptions): string[] =>
  Array.from({ length: hostsOfTier }, (_, number) => serverName(number));

function fleetOf(options: RigOptions): FleetProcessOptions {
  const { tiers, serviceMs, seed, folder } = options;
  const hosts = tiers.flatMap((tier) => serverNames(options).map((server) => hostName(tier, server)));
  return { hosts, servers, serviceMs, seed, spoolDir: join(folder, 'spool') };
}

/** What an owner writes: where hosts are, and what may be steered. Processes run in the folder and find it there. */
function writeFiles(options: RigOptions): void {
  const { folder, tiers } = options;
  mkdirSync(join(folder, 'spool'), { recursive: true });
  const hosts = tiers.flatMap((tier) =>
    serverNames(options).map((server) => {
      const place = `tier: ${tier}, service: www, region: north, server_type: I, generation: ${generation}`;
      return `  - { host: ${hostName(tier, server)}, ${place}, pool: ${tier}, server: ${server}, build: ${build} }`;
    }),
  );
  writeFileSync(join(folder, 'topology.yaml'), `services: [{ service: www }]\nhosts:\n${hosts.join('\n')}\n`);
  const entries = tiers.map((tier) =>
    [
      `  - tier: ${tier}`,
      `    pools: [{ name: ${tier}, balancer: haproxy }]`,
      '    slo: { p95_ms: 20000, error_ratio: 0.01 }',
      '    hours: always',
      '    safe_weights: 100',
      '    bake_minutes: 0',
    ].join('\n'),
  );
  writeFileSync(join(folder, 'loadtests.yaml'), `tiers:\n${entries.join('\n')}\n`);
  writeFileSync(join(folder, 'dynoscope.yaml'), `log:\n  partitions: ${partitions}\n`);
}

/** Milliseconds until the condition holds, looked at every 20 ms; undefined when it does not in time. */
export async function msUntil(withinMs: number, holds: () => Promise<boolean>): Promise<number | undefined> {
  const startedMs = systemClock.monotonicMs();
  for (;;) {
    if (await holds()) return Math.round(systemClock.monotonicMs() - startedMs);
    if (systemClock.monotonicMs() - startedMs > withinMs) return undefined;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
