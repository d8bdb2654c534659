import { deepEqual, equal, ok, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { DynoError, hasCode } from '../../base/errors.ts';
import { Random } from '../../base/testing/random.ts';
import { VirtualClock } from '../../base/testing/virtual-clock.ts';
import { partitionOf } from '../../log/partitioner.ts';
import { SimulatedCluster } from '../../log/simulated/cluster.ts';
import { SimulatedGroups } from '../../log/simulated/groups.ts';
import { MemberLog } from '../../log/simulated/member-log.ts';
import { codecOf } from '../../schemas/codec.ts';
import { samples } from '../../schemas/testing/samples.ts';
import type { KillSwitch, WeightCommand } from '../../schemas/weight-records.ts';
import { ControlFeed } from './control-feed.ts';
import { KillSwitchFeed } from './kill-switch-feed.ts';

const control = 'loadbalancer.control.v1';
const killSwitch = 'loadbalancer.killswitch.v1';
const partitions = 4;

/** A log in memory, both feeds, and an adapter that writes down what it hears. */
class FeedWorld {
  readonly clock = new VirtualClock();
  readonly cluster = new SimulatedCluster({ clock: this.clock, random: new Random(1) });
  readonly log = new MemberLog(this.cluster, new SimulatedGroups(this.cluster));
  readonly commands: string[] = [];
  readonly kills: boolean[] = [];
  registryAway = false;
  /** Of the newest command, from its decision to its append. */
  heldMs = Number.NaN;
  readonly #control: ControlFeed;
  readonly #kill: KillSwitchFeed;

  constructor() {
    this.cluster.createTopic({ name: control, partitions });
    this.cluster.createTopic({ name: killSwitch, partitions: 1 });
    const { log, clock } = this;
    const registry = { schemaById: (id: number) => this.#schemaOf(id) };
    const adapter = {
      pool: 'web-snc',
      tier: 'web',
      onCommand: async ({ commandId }: WeightCommand, _: number, heldMs: number) => {
        this.commands.push(commandId);
        this.heldMs = heldMs;
      },
      onKillSwitch: async ({ engaged }: { readonly engaged: boolean }) => void this.kills.push(engaged),
    };
    this.#control = new ControlFeed({ log, registry, adapter, clock });
    this.#kill = new KillSwitchFeed({ log, registry, adapter, clock });
  }

  /** The schema of control records has id 1, that of kill switches 2. */
  async #schemaOf(id: number): Promise<string | undefined> {
    if (this.registryAway) throw registryAway();
    return id === 1 ? codecOf(control).schemaJson : id === 2 ? codecOf(killSwitch).schemaJson : undefined;
  }

  async #during<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    await this.clock.advance(100);
    return work;
  }

  async append(topic: string, partition: number, key: string | null, value: Buffer | null): Promise<void> {
    const record = { topic, partition, key: key === null ? null : Buffer.from(key), value };
    await this.#during(this.log.producer().then((producer) => producer.send([record])));
  }

  command(commandId: string, over: Partial<WeightCommand> = {}, key = 'web-snc'): Promise<void> {
    const value = codecOf(control).encode({ ...samples[control], commandId, ...over }, 1);
    return this.append(control, partitionOf('web', partitions), key, value);
  }

  kill(scope: string, engaged: boolean, said: Partial<KillSwitch> = {}): Promise<void> {
    const value = codecOf(killSwitch).encode({ scope, engaged, at: 0, by: 'a test', reason: '', ...said }, 2);
    return this.append(killSwitch, 0, scope, value);
  }

  pollControl(): Promise<void> {
    return this.#during(this.#control.poll());
  }

  /** What the adapter hears of the kill switch by one more poll; undefined = nothing. */
  async pollKill(): Promise<boolean | undefined> {
    this.kills.length = 0;
    await this.#during(this.#kill.poll());
    return this.kills.at(-1);
  }
}

const registryAway = (): DynoError =>
  new DynoError('DYNO_REGISTRY_UNREACHABLE', 'the registry does not answer', { retryable: true });
const noRecord = Buffer.from('no record');

test('of a command the adapter hears how long after its decision the log took it', async () => {
  const world = new FeedWorld();
  await world.pollControl();
  await world.command('c1', { issuedAt: world.clock.nowMs() - 22_000 });
  await world.pollControl();
  ok(world.heldMs >= 22_000 && world.heldMs < 22_050, `${world.heldMs} ms`);
});

test('commands of the own pool come to the adapter, in order; those of other pools and of the time before do not', async () => {
  const world = new FeedWorld();
  await world.command('before');
  await world.pollControl();
  await world.command('c1');
  await world.command('other', { pool: 'web-frc' }, 'web-frc');
  await world.command('c2');
  await world.pollControl();
  deepEqual(world.commands, ['c1', 'c2']);
});

test('what cannot be read is skipped: no record, an unknown schema, another pool in the value, a tombstone', async () => {
  const world = new FeedWorld();
  await world.pollControl();
  const partition = partitionOf('web', partitions);
  await world.append(control, partition, 'web-snc', noRecord);
  await world.append(control, partition, 'web-snc', codecOf(control).encode(samples[control], 77));
  await world.append(control, partition, 'web-snc', codecOf(control).encode(samples[control], 1).subarray(0, 20));
  await world.command('hidden', { pool: 'web-frc' });
  await world.append(control, partition, 'web-snc', null);
  await world.append(control, partition, null, noRecord);
  await world.command('c1');
  await world.pollControl();
  deepEqual(world.commands, ['c1']);
});

test('a registry that is away passes nothing over: the command is heard when it is back', async () => {
  const world = new FeedWorld();
  await world.pollControl();
  await world.command('c1');
  world.registryAway = true;
  await rejects(world.pollControl(), (error) => hasCode(error, 'DYNO_REGISTRY_UNREACHABLE'));
  world.registryAway = false;
  await world.pollControl();
  deepEqual(world.commands, ['c1']);
});

test('without any kill switch in the topic it is off, said at every poll', async () => {
  const world = new FeedWorld();
  equal(await world.pollKill(), false);
  equal(await world.pollKill(), false);
});

test('a kill switch that was engaged before the start counts', async () => {
  const world = new FeedWorld();
  await world.kill('all', true);
  equal(await world.pollKill(), true);
});

const scopes: readonly (readonly [scope: string, covers: boolean])[] = [
  ['all', true],
  ['tier:web', true],
  ['pool:web-snc', true],
  ['tier:feed', false],
  ['pool:web-frc', false],
  ['web', false],
];
for (const [scope, covers] of scopes)
  test(`scope ${scope} ${covers ? 'covers' : 'does not cover'} pool web-snc of tier web`, async () => {
    const world = new FeedWorld();
    await world.kill(scope, true);
    equal(await world.pollKill(), covers);
  });

test('the newest of a scope counts, and any scope that is engaged', async () => {
  const world = new FeedWorld();
  await world.kill('all', true);
  await world.kill('pool:web-snc', true);
  await world.kill('all', false);
  equal(await world.pollKill(), true);
  await world.kill('pool:web-snc', false);
  equal(await world.pollKill(), false);
  await world.kill('tier:web', true);
  equal(await world.pollKill(), true);
  await world.append(killSwitch, 0, 'tier:web', null);
  equal(await world.pollKill(), false);
});

test('a kill switch that cannot be read is not known: nothing is said until a newer one can be', async () => {
  const world = new FeedWorld();
  await world.append(killSwitch, 0, 'all', noRecord);
  equal(await world.pollKill(), undefined);
  await world.kill('tier:web', true);
  equal(await world.pollKill(), true);
  await world.kill('tier:web', false);
  equal(await world.pollKill(), undefined);
  await world.kill('all', false, { scope: 'tier:web' });
  equal(await world.pollKill(), undefined);
  await world.kill('all', false);
  equal(await world.pollKill(), false);
});

test('one that cannot be read and does not cover the pool changes nothing', async () => {
  const world = new FeedWorld();
  await world.append(killSwitch, 0, 'pool:web-frc', noRecord);
  await world.append(killSwitch, 0, null, noRecord);
  equal(await world.pollKill(), false);
});

test('while the log is away nothing is said of the kill switch', async () => {
  const world = new FeedWorld();
  equal(await world.pollKill(), false);
  world.cluster.away = true;
  await rejects(world.pollKill(), (error) => hasCode(error, 'DYNO_LOG_UNAVAILABLE'));
  deepEqual(world.kills, []);
});
