import type { HostSample } from '../agent/sample.ts';
import { counters } from '../schemas/counters.ts';
import { cpuColumns, fillCpu, fillFixedCpu } from './counters-of-cpu.ts';
import { fillMemory, memoryColumns } from './counters-of-memory.ts';
import { fillNetwork, networkColumns } from './counters-of-network.ts';
import { fillHits, fillRequests, hitOnlyColumns, requestColumns } from './counters-of-requests.ts';
import { fillStorage, storageColumns } from './counters-of-storage.ts';
import type { Hardware } from './hardware.ts';
import type { Random } from './random.ts';
import type { Behaviour } from './tiers.ts';
import { type HostModel, idleWork, type Work } from './work.ts';

/** What is wrong with a host at the moment. */
export interface Condition {
  /** Stretches CPU time of requests: 1 = as built. */
  readonly slowness: number;
  /** Frequency relative to nominal. */
  readonly frequencyRatio: number;
  /** Multiplies the offered load. */
  readonly loadFactor: number;
  /** Least share of memory in use. */
  readonly memoryPressure: number;
}

export const healthy: Condition = { slowness: 1, frequencyRatio: 1, loadFactor: 1, memoryPressure: 0 };

/** All that the counters of one host's second are made from. */
export interface SecondOfHost {
  readonly hardware: Hardware;
  readonly behaviour: Behaviour;
  readonly work: Work;
  readonly frequencyRatio: number;
  readonly memoryPressure: number;
  readonly loads: {
    readonly runnable: number;
    readonly after1Min: number;
    readonly after5Min: number;
    readonly after15Min: number;
  };
  readonly uptimeS: number;
  readonly agentUptimeMin: number;
  /** Standard normal. */
  readonly noise: () => number;
}

export interface HostOptions {
  readonly host: string;
  readonly hardware: Hardware;
  readonly behaviour: Behaviour;
  readonly model: HostModel;
  /** True when the model knows each hit: percentiles and the queue's wait. */
  readonly hitByHit: boolean;
  readonly random: Random;
  /** Seconds since the machine and its agent started, at the first sample. */
  readonly startedAgoS: number;
}

/** One simulated host: counters that it models are filled, all others stay NaN (`not_simulated`). */
export class SimulatedHost {
  readonly #options: HostOptions;
  readonly #template: Float64Array;
  readonly #second: { -readonly [K in keyof SecondOfHost]: SecondOfHost[K] };
  readonly #loads = { runnable: 0, after1Min: 0, after5Min: 0, after15Min: 0 };
  #sequence = 0;

  constructor(options: HostOptions) {
    this.#options = options;
    const { hardware, behaviour, random } = options;
    this.#template = new Float64Array(counters.length).fill(Number.NaN);
    fillFixedCpu(this.#template, { hardware });
    this.#second = {
      hardware,
      behaviour,
      work: idleWork(),
      frequencyRatio: 1,
      memoryPressure: 0,
      loads: this.#loads,
      uptimeS: 0,
      agentUptimeMin: 0,
      noise: () => random.normal(),
    };
  }

  /** When the machine started, seen from the second `timeMs` of its first sample. */
  bootTimeMs(timeMs: number): number {
    return timeMs - (this.#options.startedAgoS + this.#sequence) * 1_000;
  }

  /** Names of the counters that this host models. */
  modelled(): ReadonlySet<string> {
    const { hardware, hitByHit } = this.#options;
    const columns = [cpuColumns, memoryColumns, networkColumns, requestColumns, storageColumns(hardware)].flat();
    return new Set([...columns, ...(hitByHit ? hitOnlyColumns : [])].map((column) => counters[column]!.name));
  }

  /** The second that ends at `timeMs`; to be called for every second in order. */
  next(timeMs: number, level: number, condition: Condition): HostSample {
    const { host, hitByHit, model, startedAgoS } = this.#options;
    const slowness = condition.slowness / condition.frequencyRatio;
    const work = model(level * condition.loadFactor, slowness);
    this.#age(work);
    const second = this.#second;
    second.work = work;
    second.frequencyRatio = condition.frequencyRatio;
    second.memoryPressure = condition.memoryPressure;
    second.uptimeS = startedAgoS + this.#sequence;
    second.agentUptimeMin = Math.floor(second.uptimeS / 60);
    const values = this.#template.slice();
    fillCpu(values, second);
    fillMemory(values, second);
    fillNetwork(values, second);
    fillStorage(values, second);
    fillRequests(values, second);
    const head = { host, timeMs, intervalMs: 1_000, sequence: this.#sequence++, values };
    if (!hitByHit) return head;
    fillHits(values, second);
    return Number.isNaN(work.queueWaitAvgMs)
      ? head
      : { ...head, app: new Map([['queue_wait_avg_ms', work.queueWaitAvgMs]]) };
  }

  /** Load averages as the kernel ages them: running and waiting tasks, exponentially forgotten. */
  #age(work: Work): void {
    const loads = this.#loads;
    const first = this.#sequence === 0;
    loads.runnable = work.busyRatio * this.#options.hardware.logicalCpus + work.waitingMs / 1_000;
    loads.after1Min = first ? loads.runnable : aged(loads.after1Min, loads.runnable, keep1Min);
    loads.after5Min = first ? loads.runnable : aged(loads.after5Min, loads.runnable, keep5Min);
    loads.after15Min = first ? loads.runnable : aged(loads.after15Min, loads.runnable, keep15Min);
  }
}

const keep1Min = Math.exp(-1 / 60);
const keep5Min = Math.exp(-1 / 300);
const keep15Min = Math.exp(-1 / 900);
const aged = (before: number, now: number, keep: number): number => keep * before + (1 - keep) * now;
