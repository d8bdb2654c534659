import { deepEqual } from 'node:assert/strict';
import fc from 'fast-check';
import type { Log, ProduceRecord, Transaction } from '../port.ts';
import { record, valuesUntil } from '../testing/plain-records.ts';
import { type Contract, contractTest, freshName, freshTopic } from './suite.ts';

const writers = 3;
const partitions = 2;
const end = 'end';

type Step =
  | {
      readonly kind: 'plain' | 'transactional';
      readonly writer: number;
      readonly partition: number;
      readonly count: number;
    }
  | { readonly kind: 'commit' | 'abort'; readonly writer: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('plain' as const, 'transactional' as const),
    writer: fc.nat(writers - 1),
    partition: fc.nat(partitions - 1),
    count: fc.integer({ min: 1, max: 5 }),
  }),
  fc.record({ kind: fc.constantFrom('commit' as const, 'abort' as const), writer: fc.nat(writers - 1) }),
);

/** Any interleaving of plain sends, commits and aborts reads back as a plain list in memory says. */
export function propertyContract(contract: Contract): void {
  contractTest(
    contract,
    'random interleavings of sends, commits and aborts read back equal to a model',
    async ({ log }) => {
      const history = fc.asyncProperty(fc.array(step, { maxLength: 25 }), (steps) => checkHistory(log, steps));
      await fc.assert(history, { numRuns: contract.traits.propertyRuns, endOnFailure: true });
    },
  );
}

/** Order is promised per writer and partition only: logs differ in where an open transaction's records stand among others'. */
async function checkHistory(log: Log, steps: readonly Step[]): Promise<void> {
  const topic = await freshTopic(log, { partitions });
  const model = new Model();
  const plain = await log.producer();
  const owners = await Promise.all(
    Array.from({ length: writers }, () => log.transactionalProducer(freshName('owner'))),
  );
  const open: (Transaction | undefined)[] = owners.map(() => undefined);
  let number = 0;
  const finish = async (writer: number, kind: 'commit' | 'abort') => {
    await open[writer]?.[kind]();
    open[writer] = undefined;
    model.finish(`t${writer}`, kind);
  };
  for (const each of steps) {
    if (!('count' in each)) {
      await finish(each.writer, each.kind);
      continue;
    }
    const writer = each.kind === 'plain' ? `p${each.writer}` : `t${each.writer}`;
    const values = Array.from({ length: each.count }, () => `${writer}:${number++}`);
    const records: ProduceRecord[] = values.map((value) => record({ topic, partition: each.partition }, writer, value));
    model.send(writer, each.partition, values);
    if (each.kind === 'plain') {
      await plain.send(records);
      model.finish(writer, 'commit');
      continue;
    }
    const transaction = open[each.writer] ?? (await owners[each.writer]!.begin());
    open[each.writer] = transaction;
    await transaction.send(records);
  }
  for (const writer of open.keys()) await finish(writer, 'abort');
  for (let partition = 0; partition < partitions; partition += 1) {
    await plain.send([record({ topic, partition }, null, end)]);
    const values = (await valuesUntil(log, { topic, partition }, end)).slice(0, -1).map(String);
    deepEqual(byWriter(values), byWriter(model.committed(partition)));
  }
  await Promise.all([plain, ...owners].map((each) => each.close()));
}

class Model {
  readonly #committed: { partition: number; value: string }[] = [];
  readonly #pending = new Map<string, { partition: number; value: string }[]>();

  send(writer: string, partition: number, values: readonly string[]): void {
    const pending = this.#pending.get(writer) ?? [];
    this.#pending.set(writer, [...pending, ...values.map((value) => ({ partition, value }))]);
  }

  finish(writer: string, kind: 'commit' | 'abort'): void {
    if (kind === 'commit') this.#committed.push(...(this.#pending.get(writer) ?? []));
    this.#pending.delete(writer);
  }

  committed(partition: number): string[] {
    return this.#committed.filter((each) => each.partition === partition).map((each) => each.value);
  }
}

function byWriter(values: readonly string[]): Record<string, string[]> {
  const lists: Record<string, string[]> = {};
  for (const value of values) {
    const writer = value.slice(0, value.indexOf(':'));
    lists[writer] = [...(lists[writer] ?? []), value];
  }
  return lists;
}
