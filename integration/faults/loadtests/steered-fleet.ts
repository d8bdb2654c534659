import { decodeSteering } from '../../../operators/control/steering-state.ts';
import type { TierSecondsBlock } from '../../../schemas/blocks.ts';
import { SimulatedTier } from '../../../simulate/loadtest/simulated-tier.ts';
import { type WorldOptions, worldOptionsOf } from '../../../simulate/loadtest/world-options.ts';
import { type ControlWorld, pool, tier } from './control-world.ts';
import { encodeFor } from './world-codecs.ts';

const topic = 'dyno.tier-seconds.v1';
const metrics = ['requests_per_s', 'duration_avg_ms', 'cpu_busy_ratio', 'errors_per_s', 'duration_ms_p95'];
/** From the end of a second until its block is in the log. */
const pipelineMs = { least: 1_050, most: 1_450 } as const;

export const fleetOptions = (seed: number): WorldOptions =>
  worldOptionsOf({ generation: 'SNB', panelHosts: 2, naturalShare: 0.7, seed });

interface Second {
  readonly endMs: number;
  readonly values: readonly Buffer[];
}

/** The hosts of a tier, loaded as the balancer says, and their seconds as the stages before write them. */
export class SteeredFleet {
  readonly hosts: readonly string[];
  readonly logicalCpus: number;
  /** Seconds do not come for a while; then they are gone, or come all at once. */
  silence: 'none' | 'late' | 'lost' = 'none';
  readonly #world: ControlWorld;
  readonly #tier: SimulatedTier;
  /** Hosts that are simulated one by one: those on the panel, as soon as they are known. */
  #queued: readonly string[];
  #stateSeen = 0;
  #waiting: Second[] = [];

  constructor(world: ControlWorld, options: WorldOptions) {
    this.#world = world;
    this.#tier = new SimulatedTier(options);
    this.logicalCpus = options.logicalCpus;
    this.hosts = Array.from({ length: options.tierHosts }, (_, i) => `h${i + 1}`);
    this.#queued = this.hosts.slice(0, options.panelHosts);
  }

  start(): void {
    const { clock, random } = this.#world;
    clock.after(1_000 - (clock.nowMs() % 1_000), () => {
      const second = { endMs: clock.nowMs(), values: this.#second() };
      clock.after(random.between(pipelineMs.least, pipelineMs.most), () => this.#arrive(second));
      this.start();
    });
  }

  #arrive(second: Second): void {
    const { cluster, clock, watch } = this.#world;
    if (this.silence === 'lost') return;
    this.#waiting.push(second);
    if (this.silence === 'late' || cluster.away) return;
    const values = this.#waiting.splice(0).flatMap((waiting) => waiting.values);
    const records = values.map((value) => ({ key: Buffer.from(tier), value, headers: undefined }));
    cluster.partition({ topic, partition: 0 }).append(records, clock.nowMs());
    watch.secondArrived(second.endMs);
  }

  #second(): Buffer[] {
    this.#followPanel();
    const { balancer } = this.#world;
    const queued = this.#queued;
    const { timeMs, panel, rest } = this.#tier.next(queued.map((host) => balancer.weights.get(host)!));
    const others = this.hosts.filter((host) => !queued.includes(host));
    const [hits, errors] = [rest.hitsPerS / rest.hosts, rest.errorsPerS / rest.hosts];
    const rows = [
      ...panel.map(({ hitsPerS, durationMs = Number.NaN, cpuBusyRatio, errorsPerS, p95Ms = Number.NaN }, at) => ({
        host: queued[at]!,
        values: [hitsPerS, durationMs, cpuBusyRatio, errorsPerS, p95Ms],
      })),
      ...others.map((host) => ({
        host,
        values: [hits, rest.durationMs ?? Number.NaN, rest.cpuBusyRatio, errors, Number.NaN],
      })),
    ];
    const head = { source: 0, sources: 1, epoch: 1, windowMs: 1_000 };
    const place = { tier, service: 'www', region: 'snc', serverType: 'I', generation: 'SNB', build: 'b1', pool };
    const block: TierSecondsBlock = {
      kind: 'tier-seconds',
      ...head,
      windowEndMs: timeMs,
      part: 0,
      parts: 1,
      hosts: rows.map(({ host }) => ({ host, server: host, ...place })),
      metrics,
      values: Float64Array.from(metrics.flatMap((_, metric) => rows.map(({ values }) => values[metric]!))),
    };
    return [encodeFor(topic, block), encodeFor(topic, { kind: 'marker', ...head, closedThroughMs: timeMs })];
  }

  #followPanel(): void {
    const { records } = this.#world.cluster.partition({ topic: 'loadtests.state.v1', partition: 0 });
    const newest = records.findLast(({ value, transaction }) => value !== null && transaction?.outcome === 'committed');
    if (newest === undefined || newest.offset === this.#stateSeen) return;
    this.#stateSeen = newest.offset;
    const panel = decodeSteering(newest.value!)?.controller.run?.request.panel;
    if (panel?.length === this.#queued.length) this.#queued = panel;
  }
}
