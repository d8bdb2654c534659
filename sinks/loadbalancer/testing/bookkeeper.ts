import type { WeightApplied, WeightCommand } from '../../../schemas/weight-records.ts';
import { sameWeights, serverWeights, stateHashOf, type Weights, weightsOf } from '../../../schemas/weight-state.ts';
import { killUnknownAfterMs } from '../kill-switch.ts';
import type { SimulatedFault } from '../simulated.ts';
import { type AdapterWorld, type NamedWeights, named } from './adapter-world.ts';

/** What happens in a history. */
export type HistoryStep =
  | {
      readonly kind: 'command';
      readonly weights: NamedWeights;
      readonly over: Partial<WeightCommand>;
      readonly ageMs: number;
      readonly dies: boolean;
      /** Its weights are to be the safe ones too. */
      readonly namesSafe: boolean;
      /** It has 0 for a server that stands at 0. */
      readonly seesDrain: boolean;
    }
  /** Somebody sets a weight in the balancer; 0 drains. */
  | { readonly kind: 'by_hand'; readonly server: string; readonly weight: number }
  | { readonly kind: 'again' | 'restart' | 'reload' | 'topic_silent' }
  | { readonly kind: 'kill_file' | 'kill_topic'; readonly on: boolean }
  | { readonly kind: 'time'; readonly ms: number }
  /** Befalls a call to the balancer after so many that go well. */
  | { readonly kind: 'fault'; readonly fault: SimulatedFault; readonly after: number };

const safeAtFirst: Weights = named({ s1: 100, s2: 100, s3: 100 });

/** The file is looked at once a second, at a tick. */
const fileSeenAfterMs = 1_200;

/** What is known outside of the adapter at the moment of a command. */
interface Sent {
  readonly command: WeightCommand;
  readonly sentMs: number;
  readonly ageMs: number;
  readonly fenced: boolean;
  /** As the adapter that runs must know it. */
  readonly kill: 'engaged' | 'unknown' | 'maybe off';
  readonly before: Weights;
  /** The adapter must hold the kill switch for off; otherwise it may. */
  readonly surelyOff: boolean;
  /** What may be safe, a drained server at 0. */
  readonly safes: readonly Weights[];
}

/** A write as it was asked for, with what is known outside of the adapter at that moment. */
interface Write {
  readonly wanted: Weights;
  readonly atMs: number;
  readonly reportsBefore: number;
  /** The command that is being sent; undefined = none. */
  readonly sending: Sent | undefined;
  readonly reasons: ReadonlySet<string>;
  readonly safes: readonly Weights[];
}

/**
 * Plain bookkeeping beside an adapter: what was sent to it, what it was told of kill switches, what it wrote and when.
 * What it reports is believed only where the books say the same.
 */
export class Bookkeeper {
  readonly world: AdapterWorld;
  readonly sent: Sent[] = [];
  readonly writes: Write[] = [];
  readonly #complaints: string[] = [];
  #sending: Sent | undefined;
  /** Of the adapter that runs now. */
  #reportsAtStart = 0;
  #faults = 0;
  #fileSinceMs: number | undefined;
  #fileGoneMs = Number.NEGATIVE_INFINITY;
  #lastKillMs = Number.NEGATIVE_INFINITY;
  /** What may be the safe weights: more than one where the books cannot know whether the kill switch forbade new ones. */
  #safes: readonly Weights[] = [safeAtFirst];
  #reportsRead = 0;
  /** What the topic last said to the adapter that runs now. */
  #heard: { readonly engaged: boolean; readonly atMs: number } | undefined;

  /** Of a world that has just started: safe weights stand. */
  constructor(world: AdapterWorld) {
    this.world = world;
    this.#heard = { engaged: false, atMs: this.#nowMs };
    // The start is over: it was reported before.
    this.#reportsAtStart = -1;
    world.onWrite = (wanted) => {
      const reportsBefore = world.reports.length;
      const reasons = this.#reasonsToRevert();
      const safes = this.#safesNow();
      this.writes.push({ wanted, atMs: this.#nowMs, reportsBefore, sending: this.#sending, reasons, safes });
      for (const [server, weight] of world.balancer.weights)
        if ((weight === 0) !== (wanted.get(server) === 0))
          this.#complaints.push(`${server} has weight ${weight}, and ${wanted.get(server)} was written`);
    };
  }

  async take(step: HistoryStep): Promise<void> {
    const { world } = this;
    if (step.kind === 'command') return this.#send(this.#commandOf(step), step);
    if (step.kind === 'again') {
      const last = this.sent.at(-1);
      return last && this.#send(last.command, { ageMs: 0, dies: false });
    }
    if (step.kind === 'restart') return this.#restart();
    if (step.kind === 'reload') return world.balancer.reload();
    if (step.kind === 'by_hand') return world.balancer.setByHand(step.server, step.weight);
    if (step.kind === 'fault') {
      this.#faults++;
      world.balancer.faults.push(...Array.from({ length: step.after }, () => undefined), step.fault);
    }
    if (step.kind === 'kill_file') this.#setFile(step.on);
    if (step.kind === 'kill_topic') world.topicKilled = step.on;
    if (step.kind === 'topic_silent') world.topicKilled = undefined;
    if (step.kind === 'time') return this.#pass(step.ms);
  }

  get standsSafe(): boolean {
    return this.#safesNow().some((safe) => sameWeights(this.world.balancer.weights, safe));
  }

  /** The first thing that has no explanation, a sentence. */
  complaint(): string | undefined {
    return this.#complaints[0] ?? this.#unexplainedWrite() ?? this.#unfoundedRevert() ?? this.#wronglyAccepted();
  }

  get #nowMs(): number {
    return this.world.clock.monotonicMs();
  }

  get #isKilled(): boolean {
    return this.world.killFile || this.world.topicKilled === true || this.#heard?.engaged === true;
  }

  #commandOf({ weights, over, namesSafe, seesDrain }: HistoryStep & { readonly kind: 'command' }): WeightCommand {
    const standing = this.world.balancer.weights;
    const seen = Object.entries(weights).map(([server, weight]): [string, number] => [
      server,
      seesDrain && standing.get(server) === 0 ? 0 : weight,
    ]);
    const safeWeights = namesSafe ? serverWeights(new Map(seen)) : [];
    return this.world.command(Object.fromEntries(seen), { safeWeights, ...over });
  }

  /** Applied commands named them; a drained server keeps in them what it had, and stands at 0 as long as it is drained. */
  #safesNow(): readonly Weights[] {
    const { reports, balancer } = this.world;
    for (const report of reports.slice(this.#reportsRead)) {
      if (report.status !== 'applied') continue;
      const { command, kill, surelyOff } = this.#sentOf(report)!;
      if (command.safeWeights.length === 0 || command.mode === 'revert' || kill !== 'maybe off') continue;
      const named = this.#safes.map(
        (safe) => new Map(command.safeWeights.map(({ server, weight }) => [server, weight || safe.get(server)!])),
      );
      this.#safes = distinct(surelyOff ? named : [...this.#safes, ...named]);
    }
    this.#reportsRead = reports.length;
    const { weights } = balancer;
    return this.#safes.map(
      (safe) => new Map([...safe].map(([server, weight]) => [server, weights.get(server) === 0 ? 0 : weight])),
    );
  }

  #setFile(on: boolean): void {
    if (this.world.killFile && !on) this.#fileGoneMs = this.#nowMs;
    this.world.killFile = on;
    this.#fileSinceMs = on ? (this.#fileSinceMs ?? this.#nowMs) : undefined;
  }

  async #restart(): Promise<void> {
    this.#heard = undefined;
    this.#reportsAtStart = this.world.reports.length;
    // An adapter that starts looks at the file first.
    if (this.world.killFile) this.#fileSinceMs = Number.NEGATIVE_INFINITY;
    await this.world.restart();
  }

  async #pass(ms: number): Promise<void> {
    const { world } = this;
    const wasOff = this.#heard?.engaged !== true && this.#nowMs - this.#fileGoneMs > fileSeenAfterMs;
    const newlyKilled = wasOff && (this.#fileSinceMs ?? this.#nowMs) === this.#nowMs && this.#isKilled;
    const goesWell = world.balancer.faults.length === 0;
    // A switch that is on while time passes has been on from its beginning.
    if (this.#isKilled) this.#lastKillMs = this.#nowMs;
    await world.advance(ms);
    if (world.topicKilled !== undefined) this.#heard = { engaged: world.topicKilled, atMs: this.#nowMs };
    if (newlyKilled && goesWell && ms > fileSeenAfterMs && !this.standsSafe)
      this.#complaints.push(`${ms} ms after the kill switch the weights are ${JSON.stringify(world.weights)}`);
  }

  async #send(command: WeightCommand, how: { readonly ageMs: number; readonly dies: boolean }): Promise<void> {
    const { world } = this;
    const isOlder = ({ epoch, seq }: WeightCommand) =>
      epoch > command.epoch || (epoch === command.epoch && seq >= command.seq);
    this.#sending = {
      command,
      sentMs: this.#nowMs,
      ageMs: how.ageMs,
      fenced: this.sent.some((other) => isOlder(other.command)),
      kill: this.#killKnown(),
      before: world.balancer.weights,
      surelyOff: this.#isSurelyOff(),
      safes: this.#safesNow(),
    };
    this.sent.push(this.#sending);
    world.connection.cutAfterWrite = how.dies;
    const taken = world.adapter.onCommand(command, how.ageMs);
    await Promise.race([taken, world.clock.advance(0)]);
    if (!how.dies) await taken;
    this.#sending = undefined;
    if (how.dies) await this.#restart();
  }

  #killKnown(): Sent['kill'] {
    const nowMs = this.#nowMs;
    const fileSeen = this.#fileSinceMs !== undefined && nowMs - this.#fileSinceMs > fileSeenAfterMs;
    if (fileSeen || this.#heard?.engaged === true) return 'engaged';
    return this.#heard === undefined || nowMs - this.#heard.atMs > killUnknownAfterMs ? 'unknown' : 'maybe off';
  }

  #isSurelyOff(): boolean {
    const { killFile } = this.world;
    const fileOff = !killFile && this.#nowMs - this.#fileGoneMs > fileSeenAfterMs;
    return fileOff && this.#heard?.engaged === false && this.#nowMs - this.#heard.atMs <= killUnknownAfterMs;
  }

  /** Why the adapter that runs may go back to safe weights now, by what is known outside of it. */
  #reasonsToRevert(): ReadonlySet<string> {
    const { reports } = this.world;
    const nowMs = this.#nowMs;
    const reasons = new Set<string>();
    const own = reports.slice(Math.max(0, this.#reportsAtStart));
    const started = this.#reportsAtStart < 0 || own.some(({ status }) => status === 'reverted_restart');
    if (!started) reasons.add('restart');
    const settled = own.findLastIndex(({ status }) => status.startsWith('reverted_'));
    const since = own.slice(settled + 1);
    const live = this.#sentOf(since.findLast(({ status }) => status === 'applied'));
    if (live !== undefined && live.command.mode !== 'revert' && expiryMs(live) <= nowMs) reasons.add('expired');
    const isMismatch = ({ status, commandId }: WeightApplied) =>
      status === 'readback_mismatch' && commandId !== undefined;
    if (this.#faults > 0 && since.some(isMismatch)) reasons.add('mismatch');
    if (this.#isKilled) reasons.add('killed');
    else if (this.#lastKillMs >= (live?.sentMs ?? Number.NEGATIVE_INFINITY) && this.#lastKillMs > 0)
      reasons.add('killed');
    return reasons;
  }

  #sentOf(report: WeightApplied | undefined): Sent | undefined {
    return this.sent.find(({ command }) => command.commandId === report?.commandId);
  }

  #unexplainedWrite(): string | undefined {
    for (const write of this.writes) {
      if (write.sending !== undefined && this.#isOf(write.sending, write)) continue;
      if (isSafe(write) && write.reasons.size > 0) continue;
      return `${JSON.stringify([...write.wanted])} was written and nothing says why`;
    }
    return undefined;
  }

  /** True when the command that is being sent wants this, may have it, and a report names it. */
  #isOf({ command, ageMs, fenced }: Sent, write: Write): boolean {
    const { wanted, reportsBefore } = write;
    const isWanted = command.mode === 'revert' ? isSafe(write) : sameWeights(weightsOf(command.weights), wanted);
    if (fenced || command.dryRun || ageMs >= command.ttlMs || !isWanted) return false;
    return this.world.reports
      .slice(reportsBefore)
      .some(
        ({ status, commandId }) =>
          commandId === command.commandId && /^(applied|readback_mismatch|reverted_restart)$/.test(status),
      );
  }

  /** A revert that wrote says a reason that the books have too, of the moment of its last write. */
  #unfoundedRevert(): string | undefined {
    const { reports } = this.world;
    for (const [i, { status, before, after }] of reports.entries()) {
      const [, why] = /^reverted_(\w+)$/.exec(status) ?? [];
      if (why === undefined || sameWeights(weightsOf(before), weightsOf(after))) continue;
      const write = this.writes.findLast((one) => one.reportsBefore <= i && isSafe(one));
      if (write === undefined) return `report ${i}, ${status}, says that it wrote, and it did not`;
      if (!write.reasons.has(why)) return `report ${i} is ${status}; reasons are ${[...write.reasons].join(', ')}`;
    }
    return undefined;
  }

  #wronglyAccepted(): string | undefined {
    const seen = new Set<string>();
    for (const report of this.world.reports.filter(({ status }) => status === 'applied')) {
      const { command, ageMs, fenced, kill, before, safes } = this.#sentOf(report)!;
      const what = `${command.commandId} (${command.mode})`;
      if (seen.has(command.commandId)) return `${what} was applied twice`;
      seen.add(command.commandId);
      if (fenced) return `${what} was applied although a newer one had been sent`;
      if (ageMs >= command.ttlMs) return `${what} was applied although it was ${ageMs} ms old`;
      if (command.dryRun) return `${what} was applied although it was a dry run`;
      if (command.mode !== 'revert' && command.expectStateHash !== stateHashOf(before))
        return `${what} expected another state`;
      const towardsSafe = safes.some((safe) =>
        report.after.every(({ server, weight }) => isBetween(weight, before.get(server)!, safe.get(server)!)),
      );
      if (kill !== 'maybe off' && !towardsSafe) return `${what} was applied although the kill switch was ${kill}`;
    }
    return undefined;
  }
}

const isSafe = ({ wanted, safes }: Write): boolean => safes.some((safe) => sameWeights(wanted, safe));
const distinct = (all: readonly Weights[]): Weights[] => [
  ...new Map(all.map((weights) => [stateHashOf(weights), weights])).values(),
];
const expiryMs = ({ sentMs, ageMs, command }: Sent): number => sentMs - ageMs + command.ttlMs;
const isBetween = (at: number, a: number, b: number): boolean => at >= Math.min(a, b) && at <= Math.max(a, b);
