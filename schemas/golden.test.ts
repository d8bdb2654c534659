import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import { avroTopics, codecOf } from './codec.ts';
import { goldenFiles, goldenOf } from './golden-file.ts';
import { samples } from './testing/samples.ts';
import { wirePrefixBytes } from './wire-format.ts';

for (const topic of avroTopics) {
  test(`the newest golden bytes of ${topic} are what this version writes and reads`, () => {
    const newest = goldenFiles().findLast((file) => file.topic === topic);
    const codec = codecOf(topic);
    codec.addSchema(1, JSON.stringify(newest?.schema));
    equal(newest?.hex, goldenOf(topic).hex);
    deepEqual(codec.decode(Buffer.from(newest!.hex, 'hex')), samples[topic]);
  });
}

/** The record as plain JSON, by the names of its fields. */
const plain = (record: unknown) => JSON.parse(JSON.stringify(record)) as unknown;

/** Everything that `older` says, `newer` says too; it may say more. */
function saysNoLess(newer: unknown, older: unknown, where: string): void {
  if (typeof older !== 'object' || older === null || Array.isArray(older)) {
    deepEqual(newer, older, where);
    return;
  }
  for (const [key, value] of Object.entries(older)) {
    saysNoLess((newer as Record<string, unknown>)[key], value, `${where}.${key}`);
  }
}

test('every golden file of an older version is read with the values that it was written with', () => {
  for (const file of goldenFiles()) {
    const writer = avro.Type.forSchema(file.schema as avro.Schema);
    const reader = avro.Type.forSchema(JSON.parse(codecOf(file.topic).schemaJson) as avro.Schema);
    const body = Buffer.from(file.hex, 'hex').subarray(wirePrefixBytes);
    const read = plain(reader.fromBuffer(body, reader.createResolver(writer)));
    saysNoLess(read, plain(writer.fromBuffer(body)), file.path);
  }
});
