import type { NeighbourTest } from '../../../operators/control/neighbour-tests.ts';
import { decodeSteering, type SteeringState } from '../../../operators/control/steering-state.ts';
import { type LoadtestsStageDeps, loadtestsStage } from '../../../pipelines/loadtests.ts';
import { startGraph } from '../../../pipelines/runtime/graph-run.ts';
import type { ProduceOutput, Restored } from '../../../pipelines/runtime/stage.ts';
import { batchOf, type LogRecord } from '../../../pipelines/testing/drive-stage.ts';
import { encodeBlockMessage } from '../../../schemas/block-codec.ts';
import type { TierSecondsBlock } from '../../../schemas/blocks.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../../schemas/codec.ts';
import type { LoadTestRequest, LoadTestStep } from '../../../schemas/load-test-records.ts';
import { parseLoadTests } from '../../../schemas/loadtests-file.ts';
import type { WeightApplied } from '../../../schemas/weight-records.ts';
import { SimulatedAdapter } from '../simulated-adapter.ts';

const schemaId = 7;
const codecs = new Map<string, ReturnType<typeof codecOf<AvroTopic>>>();
const codec = <T extends AvroTopic>(topic: T) => {
  let known = codecs.get(topic);
  if (known === undefined) {
    known = codecOf<AvroTopic>(topic);
    known.addSchema(schemaId, known.schemaJson);
    codecs.set(topic, known);
  }
  return known as ReturnType<typeof codecOf<T>>;
};

const metrics = ['requests_per_s', 'duration_avg_ms', 'cpu_busy_ratio', 'errors_per_s', 'duration_ms_p95'];

export interface StagedRow {
  readonly host: string;
  readonly generation: string;
  readonly build: string;
  readonly hitsPerS: number;
  readonly durationMs: number | undefined;
  readonly cpuBusyRatio: number;
  readonly errorsPerS: number;
  readonly p95Ms: number | undefined;
}

/** Hosts of one tier behind one balancer, server names as hosts'. */
export interface StagedHosts {
  readonly startMs: number;
  readonly hosts: readonly string[];
  readonly logicalCpusOf: (generation: string) => number;
  /** One second under these weights. */
  next(weights: ReadonlyMap<string, number>): StagedRow[];
  /** These are tested now. */
  panel?(hosts: readonly string[]): void;
}

/** Lines of the tier in loadtests.yaml, beside what every test has. Another tier is there only to be named. */
const fileOf = (lines: readonly string[]): string => `
tiers:
  - tier: web
    pools: [{ name: web-pool, balancer: simulated }]
    slo: { p95_ms: 60000, error_ratio: 0.01 }
    hours: always
    safe_weights: 100
${lines.map((line) => `    ${line}\n`).join('')}  - tier: feed
    pools: [{ name: feed-pool, balancer: simulated }]
    slo: { p95_ms: 60000, error_ratio: 0.01 }
    hours: always
    safe_weights: 100
`;

/** A log of three topics, the stage, hosts behind a balancer in memory: one `second` moves all of them. */
export class StagedTier {
  readonly adapter: SimulatedAdapter;
  readonly steps: LoadTestStep[] = [];
  readonly logs = new Map<string, LogRecord[]>();
  killSwitch: boolean | undefined = false;
  neighbours: readonly NeighbourTest[] | undefined;
  wallMs: number;
  readonly #hosts: StagedHosts;
  readonly #lines: readonly string[];
  #read = new Map<string, number>();
  #committed: Restored[] = [];
  #state = new Map<string, Buffer>();
  #graph;

  constructor(hosts: StagedHosts, lines: readonly string[] = []) {
    this.#hosts = hosts;
    this.#lines = lines;
    this.wallMs = hosts.startMs;
    this.#graph = this.#started();
    const weights = new Map(hosts.hosts.map((server) => [server, 100]));
    this.adapter = new SimulatedAdapter({ tier: 'web', pool: 'web-pool', weights, nowMs: () => this.wallMs });
  }

  static async started(hosts: StagedHosts, lines?: readonly string[]): Promise<StagedTier> {
    const staged = new StagedTier(hosts, lines);
    await staged.adapter.start();
    staged.#publishReports();
    return staged;
  }

  /** As after a kill -9: what was not committed is gone. */
  restart(): void {
    this.#graph = this.#started();
  }

  async second(): Promise<void> {
    const weights = this.adapter.balancer.weights;
    this.#append('dyno.tier-seconds.v1', ...this.#blocks(weights));
    this.wallMs += 1_000;
    await this.adapter.second({ engaged: this.killSwitch === true, heard: true });
    this.#publishReports();
    this.#readOn();
    const at = { wallMs: this.wallMs, monotonicMs: this.wallMs };
    await this.#say((this.#graph.graph.tick?.(at) ?? []) as ProduceOutput[]);
  }

  /** The controller ends in order; another one goes on with what it kept. */
  async stopAndRestart(): Promise<void> {
    const at = { wallMs: this.wallMs, monotonicMs: this.wallMs };
    await this.#say((this.#graph.graph.stopping?.(at) ?? []) as ProduceOutput[]);
    this.restart();
  }

  async #say(outputs: readonly ProduceOutput[]): Promise<void> {
    this.#commit(outputs);
    for (const { topic, value } of outputs) {
      if (topic === 'loadbalancer.control.v1')
        await this.adapter.command(codec('loadbalancer.control.v1').decode(value!), 100);
      if (topic === 'instantdyno.loadtests.v1') this.steps.push(codec('instantdyno.loadtests.v1').decode(value!));
    }
    this.#publishReports();
  }

  async seconds(count: number): Promise<void> {
    for (let s = 0; s < count; s++) await this.second();
  }

  request(over: Partial<LoadTestRequest> = {}): void {
    const request: LoadTestRequest = {
      timeMs: this.wallMs,
      tier: 'web',
      action: 'start',
      generation: undefined,
      what: undefined,
      reason: 'a test',
      requestedBy: 'somebody',
      ...over,
    };
    this.#append(
      'instantdyno.loadtest-requests.v1',
      codec('instantdyno.loadtest-requests.v1').encode(request, schemaId),
    );
  }

  get last(): LoadTestStep {
    return this.steps.at(-1)!;
  }

  /** How tests ended, in their order. */
  get ended(): NonNullable<LoadTestStep['ended']>[] {
    return this.steps.flatMap(({ ended }) => ended ?? []);
  }

  /** What a restart would begin with. */
  get kept(): SteeringState | undefined {
    const value = this.#state.get('web');
    return value && decodeSteering(value);
  }

  get isRaised(): boolean {
    return [...this.adapter.balancer.weights.values()].some((weight) => weight > 100);
  }

  #append(topic: string, ...values: Buffer[]): void {
    const log = this.logs.get(topic) ?? [];
    this.logs.set(topic, log);
    log.push(...values.map((value) => ({ appendMs: this.wallMs, value })));
  }

  #publishReports(): void {
    const applied = codec('loadbalancer.applied.v1');
    for (const report of this.adapter.takeReports() as WeightApplied[])
      this.#append('loadbalancer.applied.v1', applied.encode(report, schemaId));
  }

  #readOn(): void {
    for (const [topic, records] of this.logs) {
      const from = this.#read.get(topic) ?? 0;
      if (from === records.length) continue;
      const batch = batchOf(topic, records, from, records.length, 0);
      this.#graph.push({ ...batch, replayed: false });
      this.#read.set(topic, records.length);
    }
  }

  #commit(outputs: readonly ProduceOutput[]): void {
    this.#committed = this.#graph.graph.checkpoint().map(({ ...point }) => point);
    for (const { topic, key, value } of outputs) {
      if (topic !== 'loadtests.state.v1') continue;
      this.#state.set(key!.toString(), value!);
      const panel = decodeSteering(value!)?.controller.run?.request.panel;
      if (panel !== undefined) this.#hosts.panel?.(panel);
    }
  }

  #started() {
    const encode: LoadtestsStageDeps['encode'] = <T extends AvroTopic>(topic: T, value: TopicValues[T]) =>
      (codec<AvroTopic>(topic) as { encode(value: unknown, id: number): Buffer }).encode(value, schemaId);
    const { tiers } = parseLoadTests({ file: 'loadtests.yaml', text: fileOf(this.#lines) });
    const stage = loadtestsStage({
      ensureSchemas: () => Promise.resolve(),
      decodeSeconds: (value) => codec('dyno.tier-seconds.v1').decode(value),
      decodeApplied: (value) => codec('loadbalancer.applied.v1').decode(value),
      decodeRequest: (value) => codec('instantdyno.loadtest-requests.v1').decode(value),
      encode,
      loadTests: { tiers: tiers.filter(({ tier }) => tier === 'web') },
      logicalCpusOf: ({ generation }) => this.#hosts.logicalCpusOf(generation),
      killSwitch: () => (this.killSwitch === undefined ? undefined : { on: this.killSwitch, ageMs: 0 }),
      neighbourTests: () => this.neighbours,
    });
    const identity = { stage: 'loadtests', epoch: 1, partition: 0, topics: [] };
    const stateRecords = [...this.#state].map(([key, value]) => ({ key, value }));
    return startGraph(stage.graph({ identity, restored: this.#committed, stateRecords, partitionsOf: () => 1 }));
  }

  #blocks(weights: ReadonlyMap<string, number>): Buffer[] {
    const rows = this.#hosts.next(weights);
    const windowEndMs = this.wallMs + 1_000;
    const head = { source: 0, sources: 1, epoch: 1, windowMs: 1_000 };
    const values = rows.map((row) => [
      row.hitsPerS,
      row.durationMs ?? Number.NaN,
      row.cpuBusyRatio,
      row.errorsPerS,
      row.p95Ms ?? Number.NaN,
    ]);
    const block: TierSecondsBlock = {
      kind: 'tier-seconds',
      ...head,
      windowEndMs,
      part: 0,
      parts: 1,
      hosts: rows.map(({ host, generation, build }) => ({
        ...{ host, tier: 'web', service: 'www', region: 'snc', serverType: 'I', generation, build },
        ...{ pool: 'web-pool', server: host },
      })),
      metrics,
      values: Float64Array.from(metrics.flatMap((_, metric) => values.map((row) => row[metric]!))),
    };
    const marker = { kind: 'marker', ...head, closedThroughMs: windowEndMs } as const;
    return [encodeBlockMessage(block, schemaId), encodeBlockMessage(marker, schemaId)];
  }
}
