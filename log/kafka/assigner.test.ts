import { deepEqual } from 'node:assert/strict';
import test from 'node:test';
import type { Assignment, TopicPartition } from '../port.ts';
import { assignerOf } from './assigner.ts';
import { kafkajs } from './kafkajs.ts';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
type Member = readonly [id: string, generation: number, owned: readonly TopicPartition[]];
type Cluster = Parameters<ReturnType<typeof assignerOf>>[0]['cluster'];

/** Runs a rebalance: what each member says of itself, and what the leader then tells it. */
async function assign(way: Assignment, counts: Record<string, number>, members: readonly Member[]) {
  const cluster = {
    findTopicPartitionMetadata: (topic: string) => Array.from({ length: counts[topic] ?? 0 }, () => ({})),
  } as unknown as Cluster;
  const topics = Object.keys(counts);
  const assignerFor = (generation: number, partitions: readonly TopicPartition[]) =>
    assignerOf(way, () => ({ generation, partitions }))({ cluster } as Parameters<ReturnType<typeof assignerOf>>[0]);
  const answers = await assignerFor(0, []).assign({
    topics,
    members: members.map(([memberId, generation, owned]) => ({
      memberId,
      memberMetadata: assignerFor(generation, owned).protocol({ topics }).metadata,
    })),
  });
  return Object.fromEntries(
    answers.map(({ memberId, memberAssignment }) => [
      memberId,
      { ...MemberAssignment.decode(memberAssignment)?.assignment },
    ]),
  );
}

test('copartitioned: partition n of every topic goes to one member', async () => {
  deepEqual(
    await assign('copartitioned', { x: 3, y: 3 }, [
      ['a', 0, []],
      ['b', 0, []],
    ]),
    {
      a: { x: [0, 1], y: [0, 1] },
      b: { x: [2], y: [2] },
    },
  );
});

test('copartitioned: a topic with fewer partitions is missing in the later units', async () => {
  deepEqual(
    await assign('copartitioned', { x: 2, y: 1 }, [
      ['a', 0, []],
      ['b', 0, []],
    ]),
    {
      a: { x: [0], y: [0] },
      b: { x: [1] },
    },
  );
});

test('single: each partition is spread by itself', async () => {
  deepEqual(
    await assign('single', { x: 1, y: 1 }, [
      ['a', 0, []],
      ['b', 0, []],
    ]),
    { a: { x: [0] }, b: { y: [0] } },
  );
});

test('broadcast: every member gets everything', async () => {
  const all = { x: [0, 1] };
  deepEqual(
    await assign('broadcast', { x: 2 }, [
      ['a', 0, []],
      ['b', 3, [{ topic: 'x', partition: 1 }]],
    ]),
    { a: all, b: all },
  );
});

test('what a member says it owns stays with it', async () => {
  const owned = [
    { topic: 'x', partition: 0 },
    { topic: 'x', partition: 3 },
  ];
  deepEqual(
    await assign('single', { x: 4 }, [
      ['new', 0, []],
      ['old', 2, owned],
    ]),
    { new: { x: [1, 2] }, old: { x: [0, 3] } },
  );
});

test('a member whose words cannot be read owns nothing and gets its share', async () => {
  const cluster = { findTopicPartitionMetadata: () => [{}, {}] } as unknown as Cluster;
  const assigner = assignerOf('single', () => ({ generation: 1, partitions: [] }))({ cluster } as Parameters<
    ReturnType<typeof assignerOf>
  >[0]);
  const memberMetadata = MemberMetadata.encode({ version: 1, topics: ['x'], userData: Buffer.from('not JSON') });
  const [answer] = await assigner.assign({ topics: ['x'], members: [{ memberId: 'a', memberMetadata }] });
  deepEqual({ ...MemberAssignment.decode(answer!.memberAssignment)?.assignment }, { x: [0, 1] });
});
