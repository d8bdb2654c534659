import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import type { StageRun } from './run-stage.ts';
import { runStage } from './run-stage.ts';
import type { InsertOutput } from './stage.ts';
import { tensStage } from './testing-stage.ts';

const partitions = 4;
const topics = ['in', 'out'].map((name) => ({ name, partitions, cleanup: 'delete' as const, retentionMs: 3_600_000 }));

/** ClickHouse as far as deduplication goes: an insert with a known token changes nothing. */
class TokenTable {
  readonly rows = new Map<string, string>();
  readonly performed: string[] = [];
  insert(output: InsertOutput): void {
    this.performed.push(output.token);
    if (!this.rows.has(output.token)) this.rows.set(output.token, output.rows.toString());
  }
}

class World {
  readonly clock = new VirtualClock();
  readonly random: Random;
  readonly cluster: SimulatedCluster;
  readonly groups: SimulatedGroups;
  readonly table = new TokenTable();
  readonly members: { log: MemberLog; run: StageRun | undefined }[] = [];
  readonly #delivery: 'transaction' | 'insert';
  #value = 0;

  constructor(seed: number, delivery: 'transaction' | 'insert' = 'transaction') {
    this.random = new Random(seed);
    this.cluster = new SimulatedCluster({ clock: this.clock, random: this.random });
    this.groups = new SimulatedGroups(this.cluster);
    this.#delivery = delivery;
    for (const topic of topics) this.cluster.createTopic(topic);
  }

  start(): { log: MemberLog; run: StageRun | undefined } {
    const log = new MemberLog(this.cluster, this.groups);
    const member: { log: MemberLog; run: StageRun | undefined } = { log, run: undefined };
    this.members.push(member);
    const performInsert = (output: InsertOutput): Promise<void> => log.call(() => this.table.insert(output));
    const attempt = (): Promise<void> =>
      runStage({ stage: tensStage(this.#delivery), log, clock: this.clock, epoch: 1, performInsert }).then(
        (run) => {
          member.run = run;
        },
        () => {
          // The log is away at start: whoever starts stages tries again.
          this.clock.after(1_000, () => void attempt());
        },
      );
    void attempt();
    return member;
  }

  produce(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#value += this.random.between(0, 2);
      const value = Math.max(0, this.#value - this.random.between(0, 25));
      this.cluster
        .partition({ topic: 'in', partition: this.random.between(0, partitions - 1) })
        .append([{ key: null, value: Buffer.from(String(value)), headers: undefined }], this.clock.nowMs());
    }
  }

  /** What plain loops make of the input. */
  expected(): string[] {
    const lines: string[] = [];
    for (let partition = 0; partition < partitions; partition++) {
      const windows = new Map<number, number[]>();
      let newest = -1;
      for (const record of this.cluster.partition({ topic: 'in', partition }).records) {
        const value = Number(record.value!.toString());
        const window = Math.floor(value / 10);
        if (window <= newest - 2) {
          lines.push(JSON.stringify({ partition, window: `late-${record.offset}`, values: [value] }));
          continue;
        }
        windows.set(window, [...(windows.get(window) ?? []), value]);
        newest = Math.max(newest, window);
      }
      for (const [window, values] of windows)
        if (window <= newest - 2) lines.push(JSON.stringify({ partition, window: String(window), values }));
    }
    return lines.sort();
  }

  /** What a read-committed reader of the results finds. */
  found(): string[] {
    if (this.#delivery === 'insert') return [...this.table.rows.values()].sort();
    return this.cluster
      .partitions('out')
      .flatMap((partition) => partition.records)
      .filter((record) => record.transaction?.outcome === 'committed')
      .map((record) => record.value!.toString())
      .sort();
  }
}

test('one member turns its input into exactly the windows that plain loops make of it', async () => {
  const world = new World(1);
  world.start();
  for (let i = 0; i < 40; i++) {
    world.produce(20);
    await world.clock.advance(500);
  }
  await world.clock.advance(5_000);
  equal(world.expected().length > 50, true);
  deepEqual(world.found(), world.expected());
});

const faults = async (world: World): Promise<void> => {
  const alive = world.members.filter((member) => member.log.state === 'running');
  const act = world.random.between(0, 9);
  if (act <= 1 && alive.length < 3) world.start();
  else if (act === 2 && alive.length > 0) world.random.pick(alive).log.kill();
  else if (act === 3 && alive.length > 0) {
    const frozen = world.random.pick(alive).log;
    frozen.freeze();
    world.clock.after(world.random.between(100, 20_000), () => frozen.state === 'frozen' && frozen.thaw());
  } else if (act === 4) {
    world.cluster.away = true;
    world.clock.after(world.random.between(10, 8_000), () => {
      world.cluster.away = false;
    });
  } else if (act === 5 && alive.length > 0) {
    const stopping = world.random.pick(alive);
    void stopping.run?.stop().then(() => stopping.log.kill());
  }
};

const survives = async (seed: number, delivery: 'transaction' | 'insert'): Promise<void> => {
  const world = new World(seed, delivery);
  world.start();
  for (let i = 0; i < 30; i++) {
    world.produce(world.random.between(0, 40));
    await faults(world);
    await world.clock.advance(world.random.between(10, 4_000));
  }
  world.cluster.away = false;
  for (const { log } of world.members) if (log.state === 'frozen') log.thaw();
  world.start();
  for (let i = 0; i < 10; i++) {
    world.produce(8);
    await world.clock.advance(6_000);
  }
  await world.clock.advance(60_000);
  deepEqual(world.found(), world.expected(), `seed ${seed}: a window is lost, doubled or different`);
};

for (const delivery of ['transaction', 'insert'] as const) {
  test(`kills, freezes, rebalances and a log that goes away lose and double nothing (${delivery}, seeded)`, async () => {
    for (let seed = 1; seed <= 12; seed++) await survives(seed, delivery);
  });
}

test('windows of a backlog share transactions; at the end of the log each commits at once', async () => {
  const world = new World(3);
  const committed = () => {
    const records = world.cluster.partitions('out').flatMap((partition) => partition.records);
    return { windows: records.length, transactions: new Set(records.map(({ transaction }) => transaction)).size };
  };
  // What is late is in no hurry: it goes with the next commit.
  const inTime = (lines: string[]) => lines.filter((line) => !line.includes('late'));
  world.produce(4_000);
  world.start();
  await world.clock.advance(30_000);
  const backlog = committed();
  deepEqual(inTime(world.found()), inTime(world.expected()));
  equal(backlog.windows > 1_000 && backlog.transactions <= 20, true, JSON.stringify(backlog));
  for (let i = 0; i < 20; i++) {
    world.produce(10);
    await world.clock.advance(300);
    deepEqual(inTime(world.found()), inTime(world.expected()));
  }
  equal(committed().transactions - backlog.transactions >= 20, true, JSON.stringify(committed()));
});
