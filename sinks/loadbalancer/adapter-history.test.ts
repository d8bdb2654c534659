import { ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { WeightApplied, WeightCommand } from '../../schemas/weight-records.ts';
import { sameWeights, stateHashOf, type Weights, weightsOf } from '../../schemas/weight-state.ts';
import type { SimulatedFault } from './simulated.ts';
import { AdapterWorld, type NamedWeights, named } from './testing/adapter-world.ts';

/**
 * Histories of chance: commands good and bad, time, kill switches, restarts, kills in the middle of a write, reloads,
 * lost answers. What the adapter reported is compared with plain bookkeeping of what was sent and what was written.
 */
type Step =
  | {
      readonly kind: 'command';
      readonly weights: NamedWeights;
      readonly over: Partial<WeightCommand>;
      readonly ageMs: number;
      readonly dies: boolean;
    }
  | { readonly kind: 'again' | 'restart' | 'reload' | 'topic_silent' }
  | { readonly kind: 'kill_file' | 'kill_topic'; readonly on: boolean }
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'fault'; readonly fault: SimulatedFault };

const safe = named({ s1: 100, s2: 100, s3: 100 });
const weight = fc.integer({ min: 60, max: 190 });
const mostly = <T>(usual: T, seldom: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: seldom });
const command = fc.record({
  kind: fc.constant('command' as const),
  weights: fc.record({ s1: weight, s2: weight, s3: weight }),
  over: fc.record({
    epoch: mostly(1, fc.integer({ min: 0, max: 2 })),
    mode: mostly('test', fc.constantFrom('steady', 'revert', 'freeze')),
    dryRun: mostly(false, fc.constant(true)),
  }),
  ageMs: mostly(0, fc.integer({ min: 0, max: 12_000 })),
  dies: mostly(false, fc.constant(true)),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: command },
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('time' as const), ms: fc.constantFrom(200, 1_000, 2_000, 6_000, 11_000) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('again' as const, 'restart' as const, 'reload' as const, 'topic_silent' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('kill_file' as const, 'kill_topic' as const), on: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('fault' as const),
      fault: fc.constantFrom('refused' as const, 'answer_lost' as const, 'half_written' as const),
    }),
  },
);

/** What a bookkeeper outside of the adapter knows at the moment of a command. */
interface Sent {
  readonly command: WeightCommand;
  readonly sentMs: number;
  readonly ageMs: number;
  readonly fenced: boolean;
  readonly killed: boolean;
  readonly before: Weights;
}

class Bookkeeper {
  readonly world: AdapterWorld;
  readonly sent: Sent[] = [];
  readonly writes: { readonly wanted: Weights; readonly reportsBefore: number }[] = [];
  #fileSinceMs: number | undefined;
  #topicHeard = false;

  constructor(world: AdapterWorld) {
    this.world = world;
  }

  async take(step: Step): Promise<void> {
    const { world } = this;
    const writesBefore = world.connection.writes.length;
    const connection = world.connection;
    const reportsBefore = world.reports.length;
    await this.#do(step);
    for (const { wanted } of connection.writes.slice(writesBefore)) this.writes.push({ wanted, reportsBefore });
    if (world.connection === connection) return;
    for (const { wanted } of world.connection.writes) this.writes.push({ wanted, reportsBefore });
  }

  async #do(step: Step): Promise<void> {
    const { world } = this;
    if (step.kind === 'command') return this.#send(world.command(step.weights, step.over), step);
    if (step.kind === 'again') {
      const last = this.sent.at(-1);
      return last && this.#send(last.command, { ageMs: 0, dies: false });
    }
    if (step.kind === 'restart') return world.restart();
    if (step.kind === 'reload') return world.balancer.reload();
    if (step.kind === 'fault') {
      world.balancer.faults.push(step.fault);
      return;
    }
    if (step.kind === 'kill_file') {
      world.killFile = step.on;
      this.#fileSinceMs = step.on ? (this.#fileSinceMs ?? world.clock.monotonicMs()) : undefined;
    }
    if (step.kind === 'kill_topic') world.topicKilled = step.on;
    if (step.kind === 'topic_silent') world.topicKilled = undefined;
    if (step.kind === 'time') {
      this.#topicHeard = world.topicKilled ?? this.#topicHeard;
      return world.advance(step.ms);
    }
  }

  async #send(
    command: WeightCommand,
    { ageMs, dies }: { readonly ageMs: number; readonly dies: boolean },
  ): Promise<void> {
    const { world } = this;
    const nowMs = world.clock.monotonicMs();
    const isOlder = ({ epoch, seq }: WeightCommand) =>
      epoch > command.epoch || (epoch === command.epoch && seq >= command.seq);
    const fileSeen = this.#fileSinceMs !== undefined && nowMs - this.#fileSinceMs > 1_200;
    this.sent.push({
      command,
      sentMs: nowMs,
      ageMs,
      fenced: this.sent.some((other) => isOlder(other.command)),
      // A restarted adapter hears the topic with the next time that passes.
      killed: fileSeen,
      before: world.balancer.weights,
    });
    world.connection.cutAfterWrite = dies;
    const taken = world.adapter.onCommand(command, ageMs);
    await Promise.race([taken, world.clock.advance(0)]);
    if (dies) await world.restart();
    else await taken;
  }

  /** The first thing that has no explanation, a sentence. */
  complaint(): string | undefined {
    return this.#unexplainedWrite() ?? this.#wronglyAccepted();
  }

  #unexplainedWrite(): string | undefined {
    const { reports } = this.world;
    for (const { wanted, reportsBefore } of this.writes) {
      const says = (report: WeightApplied) =>
        /^(applied|readback_mismatch|reverted_)/.test(report.status) && sameWeights(weightsOf(report.after), wanted);
      const afterRestart = (report: WeightApplied) =>
        report.status === 'reverted_restart' &&
        sameWeights(weightsOf(report.before), wanted) &&
        this.#wantedBy(report, wanted);
      const isRevert = sameWeights(wanted, safe);
      if (!reports.slice(reportsBefore).some((report) => says(report) || afterRestart(report)) && !isRevert)
        return `${JSON.stringify([...wanted])} was written and nobody says why`;
    }
    return undefined;
  }

  #wantedBy({ commandId }: WeightApplied, wanted: Weights): boolean {
    const sent = this.sent.find(({ command }) => command.commandId === commandId);
    return sent !== undefined && sameWeights(weightsOf(sent.command.weights), wanted);
  }

  #wronglyAccepted(): string | undefined {
    const seen = new Set<string>();
    for (const report of this.world.reports.filter(({ status }) => status === 'applied')) {
      const { command, ageMs, fenced, killed, before } = this.sent.find(
        (one) => one.command.commandId === report.commandId,
      )!;
      const what = `${command.commandId} (${command.mode})`;
      if (seen.has(command.commandId)) return `${what} was applied twice`;
      seen.add(command.commandId);
      if (fenced) return `${what} was applied although a newer one had been sent`;
      if (ageMs >= command.ttlMs) return `${what} was applied although it was ${ageMs} ms old`;
      if (command.dryRun) return `${what} was applied although it was a dry run`;
      if (command.mode !== 'revert' && command.expectStateHash !== stateHashOf(before))
        return `${what} expected another state`;
      if (killed && ![...weightsOf(report.after)].every(([server, to]) => isBetween(to, before.get(server)!, 100)))
        return `${what} was applied although the kill file was there`;
    }
    return undefined;
  }
}

const isBetween = (at: number, a: number, b: number): boolean => at >= Math.min(a, b) && at <= Math.max(a, b);

test('in every history each change is explained by one accepted live command or a revert, and none is accepted expired, fenced or killed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const bookkeeper = new Bookkeeper(await AdapterWorld.started());
      for (const one of steps) await bookkeeper.take(one);
      const { world } = bookkeeper;
      world.balancer.faults.length = 0;
      await bookkeeper.take({ kind: 'time', ms: 12_000 });
      const complaint = bookkeeper.complaint();
      ok(complaint === undefined, `${complaint}: ${world.statuses.join(' ')}`);
      const reloaded = steps.some(({ kind }) => kind === 'reload');
      ok(
        reloaded || sameWeights(world.balancer.weights, safe),
        `12 s after the last command: ${JSON.stringify(world.weights)}`,
      );
    }),
    { numRuns: 150, seed: 5 },
  );
});
