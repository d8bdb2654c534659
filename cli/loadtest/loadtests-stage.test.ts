import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import { decodeSteering } from '../../operators/control/steering-state.ts';
import { type LoadtestsStageDeps, loadtestsStage } from '../../pipelines/loadtests.ts';
import { startGraph } from '../../pipelines/runtime/graph-run.ts';
import type { ProduceOutput, Restored } from '../../pipelines/runtime/stage.ts';
import { batchOf, type LogRecord } from '../../pipelines/testing/drive-stage.ts';
import { encodeBlockMessage } from '../../schemas/block-codec.ts';
import type { TierSecondsBlock } from '../../schemas/blocks.ts';
import { type AvroTopic, codecOf, type TopicValues } from '../../schemas/codec.ts';
import type { LoadTestRequest, LoadTestStep } from '../../schemas/load-test-records.ts';
import type { LoadTests } from '../../schemas/loadtests-file/load-tests.ts';
import { parseLoadTests } from '../../schemas/loadtests-file.ts';
import type { WeightApplied } from '../../schemas/weight-records.ts';
import { SimulatedTier } from '../../simulate/loadtest/simulated-tier.ts';
import { worldOptionsOf } from '../../simulate/loadtest/world-options.ts';
import { SimulatedAdapter } from './simulated-adapter.ts';

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

const loadTests: LoadTests = parseLoadTests({
  file: 'loadtests.yaml',
  text: `
tiers:
  - tier: web
    pools: [{ name: web-pool, balancer: simulated }]
    slo: { p95_ms: 60000, error_ratio: 0.01 }
    hours: always
    safe_weights: 100
`,
});
const metrics = ['requests_per_s', 'duration_avg_ms', 'cpu_busy_ratio', 'errors_per_s', 'duration_ms_p95'];
const world = worldOptionsOf({ generation: 'NHM', seed: 9 });
const hosts = Array.from({ length: world.tierHosts }, (_, i) => `h${i + 1}`);

/** A log of three topics, a stage, a simulated tier behind a simulated balancer: one `second` moves all of them. */
class StagedTier {
  readonly tier = new SimulatedTier(world);
  readonly adapter: SimulatedAdapter;
  readonly steps: LoadTestStep[] = [];
  readonly logs = new Map<string, LogRecord[]>();
  killSwitch: boolean | undefined = false;
  wallMs = world.startMs;
  /** Of hosts that are not on the panel. */
  build = 'b1';
  /** Hosts that are simulated one by one: those that the scheduler chose, as soon as it has. */
  #queued = hosts.slice(0, world.panelHosts);
  #read = new Map<string, number>();
  #committed: Restored[] = [];
  #state = new Map<string, Buffer>();
  #graph = this.#started();

  constructor() {
    const weights = new Map(hosts.map((server) => [server, 100]));
    this.adapter = new SimulatedAdapter({ tier: 'web', pool: 'web-pool', weights, nowMs: () => this.wallMs });
  }

  async start(): Promise<void> {
    await this.adapter.start();
    this.#publishReports();
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

  async #say(outputs: readonly ProduceOutput[]): Promise<void> {
    this.#commit(outputs);
    for (const { topic, value } of outputs) {
      if (topic === 'loadbalancer.control.v1')
        await this.adapter.command(codec('loadbalancer.control.v1').decode(value!), 100);
      if (topic === 'instantdyno.loadtests.v1') this.steps.push(codec('instantdyno.loadtests.v1').decode(value!));
    }
    this.#publishReports();
  }

  /** The controller ends in order; another one goes on with what it kept. */
  async stopAndRestart(): Promise<void> {
    const at = { wallMs: this.wallMs, monotonicMs: this.wallMs };
    await this.#say((this.#graph.graph.stopping?.(at) ?? []) as ProduceOutput[]);
    this.restart();
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
      if (panel !== undefined) this.#queued = [...panel];
    }
  }

  #started() {
    const encode: LoadtestsStageDeps['encode'] = <T extends AvroTopic>(topic: T, value: TopicValues[T]) =>
      (codec<AvroTopic>(topic) as { encode(value: unknown, id: number): Buffer }).encode(value, schemaId);
    const stage = loadtestsStage({
      ensureSchemas: () => Promise.resolve(),
      decodeSeconds: (value) => codec('dyno.tier-seconds.v1').decode(value),
      decodeApplied: (value) => codec('loadbalancer.applied.v1').decode(value),
      decodeRequest: (value) => codec('instantdyno.loadtest-requests.v1').decode(value),
      encode,
      loadTests,
      logicalCpusOf: () => world.logicalCpus,
      killSwitch: () => (this.killSwitch === undefined ? undefined : { on: this.killSwitch, ageMs: 0 }),
    });
    const identity = { stage: 'loadtests', epoch: 1, partition: 0, topics: [] };
    const stateRecords = [...this.#state].map(([key, value]) => ({ key, value }));
    return startGraph(stage.graph({ identity, restored: this.#committed, stateRecords, partitionsOf: () => 1 }));
  }

  #blocks(weights: ReadonlyMap<string, number>): Buffer[] {
    const queued = this.#queued;
    const { timeMs, panel, rest } = this.tier.next(queued.map((host) => weights.get(host)!));
    const others = hosts.filter((host) => !queued.includes(host));
    const restRows = others.map((host) => ({
      host,
      values: [
        rest.hitsPerS / rest.hosts,
        rest.durationMs!,
        rest.cpuBusyRatio,
        rest.errorsPerS / rest.hosts,
        Number.NaN,
      ],
    }));
    const rows = [
      ...panel.map((row, at) => ({
        host: queued[at]!,
        values: [row.hitsPerS, row.durationMs ?? Number.NaN, row.cpuBusyRatio, row.errorsPerS, row.p95Ms ?? Number.NaN],
      })),
      ...restRows,
    ];
    const head = { source: 0, sources: 1, epoch: 1, windowMs: 1_000 };
    const block: TierSecondsBlock = {
      kind: 'tier-seconds',
      ...head,
      windowEndMs: timeMs,
      part: 0,
      parts: 1,
      hosts: rows.map(({ host }) => ({
        ...{ host, tier: 'web', service: 'www', region: 'snc', serverType: 'I', generation: 'NHM' },
        build: queued.includes(host) ? 'b1' : this.build,
        ...{ pool: 'web-pool', server: host },
      })),
      metrics,
      values: Float64Array.from(metrics.flatMap((_, metric) => rows.map(({ values }) => values[metric]!))),
    };
    const marker = { kind: 'marker', ...head, closedThroughMs: timeMs } as const;
    return [encodeBlockMessage(block, schemaId), encodeBlockMessage(marker, schemaId)];
  }
}

async function started(): Promise<StagedTier> {
  const staged = new StagedTier();
  await staged.start();
  return staged;
}

test('a tier is tested when it is due and its hosts are known for 15 minutes, and its capacity is published', async () => {
  const staged = await started();
  await staged.seconds(60);
  ok(staged.last.reason.startsWith('did nothing, because'), staged.last.reason);
  staged.request();
  for (let s = 0; s < 2_000 && staged.steps.every(({ ended }) => ended === undefined); s++) await staged.second();
  const begun = staged.steps.find(({ action }) => action === 'start')!;
  ok(begun.timeMs - world.startMs >= 900_000, 'a build that was just seen bakes');
  const { ended } = staged.steps.find((step) => step.ended !== undefined)!;
  equal(ended!.outcome, 'found', ended!.reason);
  ok(Math.abs(ended!.lambda100! / 48 - 1) < 0.05, `${ended!.lambda100}`);
  equal(ended!.panelHosts, 8);
  await staged.seconds(60);
  ok(!staged.isRaised);
  deepEqual(staged.last.phase, 'cooldown');
});

test('killed in the middle of a test: its successor takes the load back under a newer lease, and remembers', async () => {
  const staged = await started();
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  ok(staged.isRaised);
  const { epoch } = staged.last;
  staged.restart();
  await staged.seconds(2);
  equal(staged.last.epoch, epoch + 1);
  const { ended, rail } = staged.steps.findLast((step) => step.ended !== undefined)!;
  deepEqual([ended?.outcome, rail], ['aborted', 'takeover']);
  await staged.seconds(2);
  ok(!staged.isRaised);
});

test('stopped in order in the middle of a test: load is taken back at once, and its successor tests again', async () => {
  const staged = await started();
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  await staged.stopAndRestart();
  deepEqual([staged.steps.at(-1)?.ended?.outcome, staged.steps.at(-1)?.rail], ['stopped', 'shutdown']);
  const { length } = staged.steps;
  await staged.seconds(60);
  ok(!staged.isRaised);
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  deepEqual(
    staged.steps.slice(length).flatMap(({ action }) => (action === 'start' || action === 'raise' ? [action] : [])),
    ['start', 'raise'],
  );
});

test('a request to stop ends a test, and the kill switch freezes the tier', async () => {
  const staged = await started();
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  staged.request({ action: 'stop', reason: 'enough' });
  await staged.second();
  equal(staged.steps.findLast((step) => step.ended !== undefined)?.ended?.reason, 'somebody: enough');
  staged.killSwitch = true;
  await staged.second();
  deepEqual([staged.last.action, staged.last.rail], ['freeze', 'kill_switch']);
});

test('a deploy on the tier ends a test, though no host of its panel has the new build', async () => {
  const staged = await started();
  staged.request();
  for (let s = 0; s < 2_000 && !staged.isRaised; s++) await staged.second();
  staged.build = 'b2';
  await staged.seconds(2);
  const { ended, rail } = staged.steps.findLast((step) => step.ended !== undefined)!;
  deepEqual([ended?.outcome, rail], ['aborted', 'bake']);
});
