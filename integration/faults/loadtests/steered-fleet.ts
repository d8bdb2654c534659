import { decodeSteering } from '../../../operators/control/steering-state.ts';
import type { TierSecondsBlock } from '../../../schemas/blocks.ts';
import type { FleetHosts } from './fleet-hosts.ts';
import type { SteeredTier } from './steered-tier.ts';
import { encodeFor } from './world-codecs.ts';

const topic = 'dyno.tier-seconds.v1';
const metrics = ['requests_per_s', 'duration_avg_ms', 'cpu_busy_ratio', 'errors_per_s', 'duration_ms_p95'];
/** From the end of a second until its block is in the log. */
const pipelineMs = { least: 1_050, most: 1_450 } as const;

interface Second {
  readonly endMs: number;
  readonly values: readonly Buffer[];
}

/** The hosts of a tier, loaded as the balancer says, and their seconds as the stages before write them. */
export class SteeredFleet {
  /** Seconds do not come for a while; then they are gone, or come all at once. */
  silence: 'none' | 'late' | 'lost' = 'none';
  readonly #site: SteeredTier;
  readonly #hosts: FleetHosts;
  #stateSeen = 0;
  #waiting: Second[] = [];

  constructor(site: SteeredTier, hosts: FleetHosts) {
    this.#site = site;
    this.#hosts = hosts;
  }

  get hosts(): readonly string[] {
    return this.#hosts.hosts;
  }

  logicalCpusOf(generation: string): number {
    return this.#hosts.logicalCpusOf(generation);
  }

  start(): void {
    const { clock, random } = this.#site.world;
    clock.after(1_000 - (clock.nowMs() % 1_000), () => {
      const second = { endMs: clock.nowMs(), values: this.#second() };
      clock.after(random.between(pipelineMs.least, pipelineMs.most), () => this.#arrive(second));
      this.start();
    });
  }

  #arrive(second: Second): void {
    const { world, watch, name } = this.#site;
    if (this.silence === 'lost') return;
    this.#waiting.push(second);
    if (this.silence === 'late' || world.cluster.away) return;
    const values = this.#waiting.splice(0).flatMap((waiting) => waiting.values);
    const records = values.map((value) => ({ key: Buffer.from(name), value, headers: undefined }));
    this.#site.partition(topic).append(records, world.clock.nowMs());
    watch.secondArrived(second.endMs);
  }

  #second(): Buffer[] {
    this.#followPanel();
    const { balancer, name, pool, world } = this.#site;
    const rows = this.#hosts.next(balancer.weights);
    const timeMs = world.clock.nowMs();
    const values = rows.map(({ hitsPerS, durationMs = Number.NaN, cpuBusyRatio, errorsPerS, p95Ms = Number.NaN }) => [
      hitsPerS,
      durationMs,
      cpuBusyRatio,
      errorsPerS,
      p95Ms,
    ]);
    const head = { source: 0, sources: 1, epoch: 1, windowMs: 1_000 };
    const place = { tier: name, service: 'www', region: 'snc', serverType: 'I', pool };
    const block: TierSecondsBlock = {
      kind: 'tier-seconds',
      ...head,
      windowEndMs: timeMs,
      part: 0,
      parts: 1,
      hosts: rows.map(({ host, generation, build }) => ({ host, server: host, ...place, generation, build })),
      metrics,
      values: Float64Array.from(metrics.flatMap((_, metric) => values.map((row) => row[metric]!))),
    };
    return [encodeFor(topic, block), encodeFor(topic, { kind: 'marker', ...head, closedThroughMs: timeMs })];
  }

  #followPanel(): void {
    if (this.#hosts.panel === undefined) return;
    const newest = this.#site
      .partition('loadtests.state.v1')
      .records.findLast(({ value, transaction }) => value !== null && transaction?.outcome === 'committed');
    if (newest === undefined || newest.offset === this.#stateSeen) return;
    this.#stateSeen = newest.offset;
    const panel = decodeSteering(newest.value!)?.controller.run?.request.panel;
    if (panel !== undefined) this.#hosts.panel(panel);
  }
}
