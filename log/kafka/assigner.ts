import type { Assignment, TopicPartition } from '../port.ts';
import { AssignerProtocol, type Assignment as KafkajsAssignment, type PartitionAssigner } from './kafkajs.ts';
import { type SpreadMember, stickySpread } from './sticky-spread.ts';

/** What a member tells the leader of a rebalance: the units it owns since which generation of its own. */
export interface Ownership {
  generation: number;
  partitions: readonly TopicPartition[];
}

interface Unit {
  readonly id: string;
  readonly partitions: readonly TopicPartition[];
}

const version = 1;

/**
 * kafkajs's partition assigner for one way of assignment. The leader cuts the partitions into units, spreads them
 * evenly and stickily, and tells every member. The name is part of the group's protocol: members of another version or
 * way cannot join the same group.
 */
export function assignerOf(assignment: Assignment, ownership: () => Ownership): PartitionAssigner {
  const name = `dynoscope-${assignment}-v${version}`;
  return ({ cluster }) => ({
    name,
    version,
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version, topics, userData: encode(assignment, ownership()) }),
    }),
    assign: async ({ members, topics }) => {
      const counts = [...topics].sort().map((topic) => ({ topic, count: partitionCount(cluster, topic) }));
      const units = unitsOf(assignment, counts);
      const partitionsOf = new Map(units.map(({ id, partitions }) => [id, partitions]));
      const spread =
        assignment === 'broadcast'
          ? new Map(members.map(({ memberId }) => [memberId, units.map(({ id }) => id)]))
          : stickySpread(
              units.map(({ id }) => id),
              members.map(({ memberId, memberMetadata }) => decode(memberId, memberMetadata)),
            );
      return [...spread].map(([memberId, ids]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version,
          assignment: byTopic(ids.flatMap((id) => partitionsOf.get(id) ?? [])),
          userData: Buffer.alloc(0),
        }),
      }));
    },
  });
}

/** Unit n of `copartitioned` is partition n of every topic that has one; otherwise each partition is a unit. */
export function unitsOf(assignment: Assignment, topics: readonly { topic: string; count: number }[]): Unit[] {
  const all = topics.flatMap(({ topic, count }) =>
    Array.from({ length: count }, (_, partition) => ({ topic, partition })),
  );
  if (assignment !== 'copartitioned')
    return all.map((partition) => ({ id: unitOf(assignment, partition), partitions: [partition] }));
  const most = Math.max(0, ...topics.map(({ count }) => count));
  return Array.from({ length: most }, (_, n) => ({
    id: String(n),
    partitions: all.filter(({ partition }) => partition === n),
  }));
}

const unitOf = (assignment: Assignment, { topic, partition }: TopicPartition): string =>
  assignment === 'copartitioned' ? String(partition) : `${topic} ${partition}`;

function encode(assignment: Assignment, { generation, partitions }: Ownership): Buffer {
  const units = assignment === 'broadcast' ? [] : [...new Set(partitions.map((at) => unitOf(assignment, at)))];
  return Buffer.from(JSON.stringify({ generation, units }));
}

/** A member whose words cannot be read owns nothing: it costs a move, not the rebalance. */
function decode(id: string, memberMetadata: Buffer): SpreadMember {
  try {
    const userData = AssignerProtocol.MemberMetadata.decode(memberMetadata)?.userData ?? Buffer.alloc(0);
    const said = JSON.parse(userData.toString()) as { generation?: unknown; units?: unknown };
    const generation = typeof said.generation === 'number' ? said.generation : 0;
    const owned = Array.isArray(said.units)
      ? said.units.filter((unit): unit is string => typeof unit === 'string')
      : [];
    return { id, generation, owned };
  } catch {
    return { id, generation: 0, owned: [] };
  }
}

const partitionCount = (cluster: Parameters<PartitionAssigner>[0]['cluster'], topic: string): number =>
  cluster.findTopicPartitionMetadata(topic).length;

function byTopic(partitions: readonly TopicPartition[]): KafkajsAssignment {
  const assignment: KafkajsAssignment = {};
  for (const { topic, partition } of partitions) {
    assignment[topic] ??= [];
    assignment[topic].push(partition);
  }
  return assignment;
}
