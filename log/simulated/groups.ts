import type { Assignment, SubscriptionListener, TopicPartition } from '../port.ts';
import type { SimulatedCluster } from './cluster.ts';

export interface GroupMember {
  readonly topics: readonly string[];
  readonly assignment: Assignment;
  readonly listener: SubscriptionListener;
  /** False once its process was killed or is frozen: it is told nothing, and is out after the session timeout. */
  responsive(): boolean;
  /** New assignment: positions of before are void. */
  assigned(partitions: readonly TopicPartition[]): void;
}

interface Group {
  members: GroupMember[];
  /** Raised by every change of members: an assignment of an older one is not delivered any more. */
  generation: number;
}

const assignWithinMs = 100;

/**
 * Consumer groups: eager rebalances, units spread evenly over the members in order of joining. Members learn of their
 * assignment at different moments, and a rebalance waits for those that do not answer until their session is over.
 */
export class SimulatedGroups {
  readonly #cluster: SimulatedCluster;
  readonly #groups = new Map<string, Group>();

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
  }

  join(group: string, member: GroupMember): void {
    const { members } = this.#group(group);
    if (!members.includes(member)) members.push(member);
    this.#rebalanceSoon(group);
  }

  leave(group: string, member: GroupMember): void {
    const found = this.#group(group);
    if (!found.members.includes(member)) return;
    found.members = found.members.filter((other) => other !== member);
    this.#rebalanceSoon(group);
  }

  isMember(group: string, member: GroupMember): boolean {
    return this.#group(group).members.includes(member);
  }

  /** A killed or frozen member is thrown out when its session has timed out; a frozen one that wakes joins again. */
  expire(group: string, member: GroupMember): void {
    this.#cluster.clock.after(this.#cluster.sessionTimeoutMs, () => {
      if (!member.responsive()) this.leave(group, member);
    });
  }

  #group(name: string): Group {
    let group = this.#groups.get(name);
    if (group === undefined) {
      group = { members: [], generation: 0 };
      this.#groups.set(name, group);
    }
    return group;
  }

  #rebalanceSoon(name: string): void {
    const group = this.#group(name);
    const generation = ++group.generation;
    const { clock, random } = this.#cluster;
    const attempt = (): void => {
      if (group.generation !== generation) return;
      if (this.#cluster.away || group.members.some((member) => !member.responsive())) {
        clock.after(random.between(100, 500), attempt);
        return;
      }
      for (const [index, member] of group.members.entries()) {
        const share = this.#shareOf(member, index, group.members.length);
        clock.after(random.between(0, assignWithinMs), () => {
          if (group.generation !== generation) return;
          if (member.responsive()) member.assigned(share);
          // It was told nothing: its silence is noticed, and there is another round.
          else clock.after(random.between(100, 500), () => this.#again(name, generation));
        });
      }
    };
    clock.after(random.between(1, 200), attempt);
  }

  #again(name: string, generation: number): void {
    if (this.#group(name).generation === generation) this.#rebalanceSoon(name);
  }

  #shareOf(member: GroupMember, index: number, members: number): TopicPartition[] {
    const all = member.topics.flatMap((topic) =>
      this.#cluster.partitions(topic).map((_, partition): TopicPartition => ({ topic, partition })),
    );
    if (member.assignment === 'broadcast') return all;
    if (member.assignment === 'copartitioned') return all.filter(({ partition }) => partition % members === index);
    return all.filter((_, unit) => unit % members === index);
  }
}
