import { concatMap, EMPTY } from 'rxjs';
import type { ByteList } from '../base/byte-list.ts';
import { partitionOf } from '../log/partitioner.ts';
import type { NeighbourTest } from '../operators/control/neighbour-tests.ts';
import type { KillSwitchReading, SteeringOutput } from '../operators/control/steering-io.ts';
import { decodeSteering, encodeSteering } from '../operators/control/steering-state.ts';
import { TierSteering } from '../operators/control/tier-steering.ts';
import { blockMemoryBytes } from '../operators/window/block-memory.ts';
import { CompleteWindows, type Completion } from '../operators/window/complete-windows.ts';
import type { BlockIdentity, TierSecondsBlock, WindowMarker } from '../schemas/blocks.ts';
import type { AvroTopic, TopicValues } from '../schemas/codec.ts';
import type { LoadTestRequest } from '../schemas/load-test-records.ts';
import type { LoadTests, LoadTestTier } from '../schemas/loadtests-file/load-tests.ts';
import type { WeightApplied } from '../schemas/weight-records.ts';
import { BlockReader } from './block-reader.ts';
import { BrokerClock } from './loadtests/broker-clock.ts';
import { NaturalCapacities, type NaturalOutput } from './loadtests/natural-capacities.ts';
import { Positions } from './loadtests/positions.ts';
import type { GraphStart, GraphTick, Output, ProduceOutput, Stage, TaskBatch, TaskGraph } from './runtime/stage.ts';

const secondsTopic = 'dyno.tier-seconds.v1';
const appliedTopic = 'loadbalancer.applied.v1';
const requestsTopic = 'instantdyno.loadtest-requests.v1';
const stepsTopic = 'instantdyno.loadtests.v1';
const capacityTopic = 'instantdyno.capacity.v1';
const controlTopic = 'loadbalancer.control.v1';
const stateTopic = 'loadtests.state.v1';

/** A complete second is acted on so soon; without one the wall clock is looked at once a second. */
const tickEveryMs = 100;
const idleTickMs = 1_000;

export interface LoadtestsStageDeps {
  /** Learns the writer schemas that these values name; rejects (retryable) while the registry is away. */
  readonly ensureSchemas: (topic: string, values: ByteList) => Promise<void>;
  /** A value of dyno.tier-seconds.v1. */
  readonly decodeSeconds: (value: Buffer) => TierSecondsBlock | WindowMarker;
  readonly decodeApplied: (value: Buffer) => WeightApplied;
  readonly decodeRequest: (value: Buffer) => LoadTestRequest;
  readonly encode: <T extends AvroTopic>(topic: T, value: TopicValues[T]) => Buffer;
  /** What may be steered. */
  readonly loadTests: LoadTests;
  readonly logicalCpusOf: (host: BlockIdentity) => number | undefined;
  /** What the kill switch says to a tier, as last read; undefined = it is not known. */
  readonly killSwitch: (tier: LoadTestTier) => KillSwitchReading | undefined;
  /** What tests of its neighbours do now; undefined = it is not known. Asked only of a tier that has some. */
  readonly neighbourTests: (tier: LoadTestTier) => readonly NeighbourTest[] | undefined;
}

/**
 * Seconds of tiers, answers of balancers and requests → commands to balancers, decisions, capacities. One task of one
 * process steers a tier: its commands are in its transaction, so that no other can say anything once it is fenced.
 */
export function loadtestsStage(deps: LoadtestsStageDeps): Stage {
  return {
    name: 'loadtests',
    inputs: [secondsTopic, appliedTopic, requestsTopic],
    assignment: 'copartitioned',
    outputs: [controlTopic, stepsTopic, capacityTopic],
    delivery: 'transaction',
    stateTopic,
    tickEveryMs,
    prepare: (batch) => deps.ensureSchemas(batch.topic, batch.values),
    graph: (start) => new LoadtestsGraph(deps, start),
  };
}

class LoadtestsGraph implements TaskGraph {
  readonly #deps: LoadtestsStageDeps;
  readonly #start: GraphStart;
  readonly #tiers: ReadonlyMap<string, { readonly entry: LoadTestTier; readonly steering: TierSteering }>;
  readonly #windows: CompleteWindows<TierSecondsBlock>;
  readonly #blocks: BlockReader<TierSecondsBlock>;
  readonly #positions: Positions;
  readonly #natural: NaturalCapacities;
  readonly #brokerClock = new BrokerClock();
  #hasSeconds: boolean;
  #isNews = false;
  #lastTickMs = Number.NEGATIVE_INFINITY;
  #undecodable = 0;
  #discarded = 0;

  constructor(deps: LoadtestsStageDeps, start: GraphStart) {
    this.#deps = deps;
    this.#start = start;
    const restored = start.restored.find(({ topic }) => topic === secondsTopic);
    this.#hasSeconds = restored !== undefined;
    this.#windows = new CompleteWindows<TierSecondsBlock>({
      epoch: start.identity.epoch,
      bytesOf: blockMemoryBytes,
      ...(restored !== undefined && { restored: restored.metadata }),
    });
    this.#blocks = new BlockReader(deps.decodeSeconds);
    this.#positions = new Positions([appliedTopic, requestsTopic], start);
    this.#tiers = this.#steerings();
    const kept = new Map(start.stateRecords.map(({ key, value }) => [key, value]));
    this.#natural = new NaturalCapacities([...this.#tiers.keys()], kept);
  }

  operator: TaskGraph['operator'] = (batches) =>
    batches.pipe(
      concatMap((batch) => {
        this.#take(batch);
        // All is said in answer to ticks.
        return EMPTY;
      }),
    );

  checkpoint(): ReturnType<TaskGraph['checkpoint']> {
    const { partition } = this.#start.identity;
    const seconds = this.#hasSeconds ? [{ topic: secondsTopic, partition, ...this.#windows.checkpoint() }] : [];
    return [...seconds, ...this.#positions.checkpoint()];
  }

  urgent(): boolean {
    return false;
  }

  stats(): Readonly<Record<string, number>> {
    return {
      steered_tiers: this.#tiers.size,
      late_blocks: this.#windows.lateBlocks,
      incomplete_windows: this.#windows.incompleteWindows,
      open_windows: this.#windows.openWindows,
      undecodable: this.#blocks.undecodable + this.#undecodable,
      state_discarded: this.#discarded + this.#natural.discarded,
    };
  }

  tick(tick: GraphTick): readonly Output[] {
    if (!this.#isNews && tick.monotonicMs - this.#lastTickMs < idleTickMs) return [];
    this.#isNews = false;
    this.#lastTickMs = tick.monotonicMs;
    const natural = this.#natural.due();
    const turns = this.#turns(tick, (steering, at) => steering.tick(at));
    return natural === undefined ? turns : [...turns, ...this.#naturalOutputs(natural)];
  }

  stopping(tick: GraphTick): readonly Output[] {
    const turns = this.#turns(tick, (steering, at) => steering.shutdown(at));
    return [...turns, ...this.#natural.states().flatMap((each) => this.#naturalOutputs(each))];
  }

  #steerings() {
    const { deps, start } = { deps: this.#deps, start: this.#start };
    const kept = new Map(start.stateRecords.map(({ key, value }) => [key, value]));
    const partitions = start.partitionsOf(secondsTopic);
    const mine = deps.loadTests.tiers.filter(({ tier }) => partitionOf(tier, partitions) === start.identity.partition);
    return new Map(
      mine.map((entry) => {
        const value = kept.get(entry.tier);
        const state = value && decodeSteering(value);
        if (value !== undefined && state === undefined) this.#discarded++;
        const { logicalCpusOf } = deps;
        return [entry.tier, { entry, steering: new TierSteering({ entry, kept: state, logicalCpusOf }) }];
      }),
    );
  }

  #take(batch: TaskBatch): void {
    if (!batch.replayed) this.#brokerClock.noteAppended(batch.appendTimesMs);
    if (batch.topic === secondsTopic) this.#takeSeconds(batch);
    else this.#takeMessages(batch);
  }

  #takeMessages(batch: TaskBatch): void {
    this.#positions.note(batch);
    if (batch.replayed) return;
    for (let at = 0; at < batch.count; at++) {
      const value = batch.values.at(at);
      if (value === null || value === undefined) continue;
      if (batch.topic === appliedTopic) this.#takeApplied(value);
      else this.#takeRequest(value);
    }
  }

  #takeSeconds(batch: TaskBatch): void {
    this.#hasSeconds = true;
    const completions = this.#windows.push(this.#blocks.read(batch), batch);
    if (batch.replayed) return;
    const isAtEnd = batch.nextOffset >= batch.endOffset;
    const seconds = completions.filter((completion) => completion.kind === 'window');
    for (const [at, second] of seconds.entries()) this.#second(second, isAtEnd && at === seconds.length - 1);
  }

  #second(second: Extract<Completion<TierSecondsBlock>, { readonly kind: 'window' }>, live: boolean): void {
    for (const [tier, { steering }] of this.#tiers) {
      const blocks = second.blocks.filter(({ hosts }) => hosts[0]?.tier === tier);
      if (blocks.length === 0) continue;
      steering.second(second.windowEndMs, blocks, live);
      this.#natural.take(tier, second.windowEndMs, steering.seconds, steering.raised);
      this.#isNews = true;
    }
  }

  #takeApplied(value: Buffer): void {
    const applied = this.#decoded(() => this.#deps.decodeApplied(value));
    const tier = applied && this.#tiers.get(applied.tier);
    if (applied === undefined || tier === undefined) return;
    tier.steering.applied(applied);
    // Bad news is acted on at once; good news waits for the next second.
    if (applied.status !== 'applied' && applied.status !== 'observed') this.#isNews = true;
  }

  #takeRequest(value: Buffer): void {
    const request = this.#decoded(() => this.#deps.decodeRequest(value));
    const tier = request && this.#tiers.get(request.tier);
    if (request === undefined || tier === undefined) return;
    tier.steering.requested(request);
    this.#isNews = true;
  }

  #decoded<T>(decode: () => T): T | undefined {
    try {
      return decode();
    } catch {
      this.#undecodable++;
      return undefined;
    }
  }

  #turns(
    { wallMs, monotonicMs }: GraphTick,
    turn: (steering: TierSteering, at: Parameters<TierSteering['tick']>[0]) => SteeringOutput,
  ): Output[] {
    const brokerMs = this.#brokerClock.at(wallMs, monotonicMs);
    return [...this.#tiers.values()].flatMap(({ entry, steering }) =>
      this.#outputsOf(entry.tier, turn(steering, { wallMs, monotonicMs, brokerMs, ...this.#around(entry) })),
    );
  }

  /** What the stage hears beside its inputs. */
  #around(entry: LoadTestTier) {
    const neighbours = entry.neighbours.length === 0 ? undefined : this.#deps.neighbourTests(entry);
    return { killSwitch: this.#deps.killSwitch(entry), neighbours };
  }

  #naturalOutputs({ tier, capacity, state }: NaturalOutput): ProduceOutput[] {
    const outputs: ProduceOutput[] = [];
    if (capacity !== undefined)
      outputs.push(this.#to(tier, capacityTopic, tier, this.#deps.encode(capacityTopic, capacity)));
    if (state !== undefined) outputs.push(this.#to(tier, stateTopic, state.key, state.value));
    return outputs;
  }

  #to(tier: string, topic: string, key: string, value: Buffer): ProduceOutput {
    const { identity, partitionsOf } = this.#start;
    const partition = topic === stateTopic ? identity.partition : partitionOf(tier, partitionsOf(topic));
    return { kind: 'produce', topic, partition, key: Buffer.from(key), value };
  }

  #outputsOf(tier: string, { steps, command, capacity, state }: SteeringOutput): ProduceOutput[] {
    const { encode } = this.#deps;
    const to = (topic: string, key: string, value: Buffer) => this.#to(tier, topic, key, value);
    const outputs = steps.map((step) => to(stepsTopic, tier, encode(stepsTopic, step)));
    if (command !== undefined) outputs.push(to(controlTopic, command.pool, encode(controlTopic, command)));
    if (capacity !== undefined) outputs.push(to(capacityTopic, tier, encode(capacityTopic, capacity)));
    if (state !== undefined) outputs.push(to(stateTopic, tier, encodeSteering(state)));
    return outputs;
  }
}
