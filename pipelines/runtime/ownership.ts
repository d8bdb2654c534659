import type { Clock } from '../../base/clock.ts';
import type { GroupOffset, Log, TopicPartition } from '../../log/port.ts';

/**
 * For so long after a commit the group cannot have given the task away: heartbeats go every second, and without them a
 * member stays for 6 s.
 */
const ownedAfterCommitMs = 5_000;

export interface OwnershipOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly group: string;
  readonly inputs: readonly TopicPartition[];
  readonly name: string;
}

/** Somebody else has gone on with the task while this process stood still. */
export class OwnerChanged extends Error {}

/**
 * Whether a task that writes what nothing fences is still this process's own. Frozen for a while it wakes in the middle
 * of its work, before the group tells it that others have gone on: so whoever has not committed for some seconds asks.
 */
export class Ownership {
  readonly #options: OwnershipOptions;
  #provenMs = Number.NEGATIVE_INFINITY;

  constructor(options: OwnershipOptions) {
    this.#options = options;
  }

  /** The group has just accepted a commit, or assigned the task. */
  noteProven(atMs = this.#options.clock.monotonicMs()): void {
    this.#provenMs = atMs;
  }

  /** Throws `OwnerChanged` where the group's offsets are not those that this task committed last. */
  async check(lastCommitted: readonly GroupOffset[] | undefined): Promise<void> {
    const { clock, log, group, inputs, name } = this.#options;
    const askedMs = clock.monotonicMs();
    if (askedMs - this.#provenMs < ownedAfterCommitMs) return;
    const found = await log.committedOffsets(group, inputs);
    if (lastCommitted === undefined || !sameOffsets(found, lastCommitted))
      throw new OwnerChanged(`${name} was gone on with by another member of its group while this one stood still`);
    this.noteProven(askedMs);
  }
}

export const sameOffsets = (a: readonly (GroupOffset | undefined)[], b: readonly GroupOffset[]): boolean =>
  a.length === b.length &&
  a.every((found, i) => {
    const wanted = b.find((other) => other.topic === found?.topic && other.partition === found.partition) ?? b[i];
    return found !== undefined && found.offset === wanted?.offset && found.metadata === wanted.metadata;
  });
