import { delay } from '../../../base/clock.ts';
import { AppliedPublisher } from '../../../cli/balancer/applied-publisher.ts';
import { serveAdapter } from '../../../cli/balancer/log-side.ts';
import { MemberLog } from '../../../log/simulated/member-log.ts';
import { WeightAdapter } from '../../../sinks/loadbalancer/adapter.ts';
import type { BalancerDriver } from '../../../sinks/loadbalancer/driver.ts';
import { defaultRails } from '../../../sinks/loadbalancer/rails.ts';
import { ProcessClock } from '../simulation/process-clock.ts';
import type { SteeredTier } from './steered-tier.ts';

const tickEveryMs = 200;

/** `dynoscope balancer` as a process of a world: the real adapter, its feeds and its publisher. Its disk outlives it. */
export class AdapterProcess {
  readonly log: MemberLog;
  readonly #site: SteeredTier;
  readonly #clock: ProcessClock;

  constructor(site: SteeredTier) {
    const { world } = site;
    this.#site = site;
    this.log = new MemberLog(world.cluster, world.groups);
    this.#clock = new ProcessClock(world.clock, () => this.log.state);
    void this.#run();
  }

  async #run(): Promise<void> {
    const { watch, disk, pool, name: tier, world } = this.#site;
    const clock = this.#clock;
    const publisher = new AppliedPublisher({ clock });
    const adapter = new WeightAdapter({
      name: `simulated-${tier}`,
      pool,
      tier,
      driver: this.#driver(),
      disk,
      clock,
      rails: defaultRails,
      firstSafeWeights: undefined,
      killFileExists: () => this.#site.killFile,
      report: (applied) => {
        watch.reported(applied);
        publisher.take(applied);
      },
    });
    await adapter.start();
    const { signal } = new AbortController();
    const log = world.logOf(this.log);
    void serveAdapter({ log, registry: world.registryOf(this.log), adapter, publisher, clock, signal });
    for (;;) {
      await delay(clock, tickEveryMs);
      await adapter.tick();
    }
  }

  /** The balancer's socket: its answers take time, get lost, and do not come while it is away. */
  #driver(): BalancerDriver {
    const { balancer, balancerWay, watch } = this.#site;
    const read = () => {
      watch.reads();
      return { answer: balancer.read() };
    };
    return {
      kind: balancer.kind,
      limits: balancer.limits,
      doubt: undefined,
      read: async () => await this.log.call(read, balancerWay).then(({ answer }) => answer),
      write: (weights, version) =>
        this.log.call(() => {
          watch.writing(version);
          void balancer.write(weights);
        }, balancerWay),
      close: () => balancer.close(),
    };
  }
}
