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

/** Consumer groups: eager rebalances, members in order of joining, units spread evenly. */
export class SimulatedGroups {
  readonly #cluster: SimulatedCluster;
  readonly #groups = new Map<string, GroupMember[]>();

  constructor(cluster: SimulatedCluster) {
    this.#cluster = cluster;
  }

  join(group: string, member: GroupMember): void {
    const members = this.#groups.get(group) ?? [];
    members.push(member);
    this.#groups.set(group, members);
    this.#rebalanceSoon(group);
  }

  leave(group: string, member: GroupMember): void {
    const members = this.#groups.get(group) ?? [];
    if (!members.includes(member)) return;
    this.#groups.set(
      group,
      members.filter((other) => other !== member),
    );
    this.#rebalanceSoon(group);
  }

  isMember(group: string, member: GroupMember): boolean {
    return this.#groups.get(group)?.includes(member) ?? false;
  }

  /** A killed or frozen member is thrown out when its session has timed out; a frozen one that wakes joins again. */
  expire(group: string, member: GroupMember): void {
    this.#cluster.clock.after(this.#cluster.sessionTimeoutMs, () => {
      if (!member.responsive()) this.leave(group, member);
    });
  }

  #rebalanceSoon(group: string): void {
    this.#cluster.clock.after(this.#cluster.random.between(1, 200), () => {
      const members = (this.#groups.get(group) ?? []).filter((member) => member.responsive());
      for (const [index, member] of members.entries()) member.assigned(this.#shareOf(member, index, members.length));
    });
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
