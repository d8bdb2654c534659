import { createRequire } from 'node:module';
import { FetchedPartition } from './fetched-partition.ts';
import type { FetchedRecords } from './fetched-records.ts';
import { columnsOf, type KafkajsRecord } from './kafkajs-records.ts';
import { type ProduceRequest, produceRequestBody } from './produce-request.ts';
import { decodeRecordBatches } from './record-batches.ts';

/**
 * Puts our own code in the place of what in kafkajs (version 2.2.4, frozen) touches every record: decoding what was
 * fetched, the batch that it hands over, encoding what is sent. What is not as we write it (compressed, say) is decoded
 * and encoded by kafkajs still. Also mended by it: kafkajs takes the aborted transactions for sorted by their beginning
 * and begins at most one a record, so with overlapping ones, as a killed process leaves behind, it shows aborted records.
 * Runs once, when this module is loaded, before kafkajs itself is (`kafkajs.ts` sees to that).
 */

const require = createRequire(import.meta.url);
const inside = 'kafkajs/src/protocol';

interface FetchDecoder {
  readonly buffer: Buffer;
  readonly offset: number;
  forward(bytes: number): void;
}

function decodeFaster(): void {
  const path = require.resolve(`${inside}/requests/fetch/v4/decodeMessages.js`);
  const byKafkajs = require(path) as (decoder: FetchDecoder) => Promise<readonly KafkajsRecord[]>;
  const decode = async (decoder: FetchDecoder): Promise<FetchedRecords> => {
    const { buffer, offset } = decoder;
    const from = offset + 4;
    const size = from <= buffer.length ? buffer.readInt32BE(offset) : 0;
    if (size <= 0 || from + size > buffer.length) return columnsOf(await byKafkajs(decoder));
    const records = decodeRecordBatches(buffer.subarray(from, from + size));
    if (records === undefined) return columnsOf(await byKafkajs(decoder));
    decoder.forward(4 + size);
    return records;
  };
  require.cache[path]!.exports = decode;
}

interface Encoder {
  buf: Buffer;
  offset: number;
  readonly buffer: Buffer;
  writeInt64(value: unknown): Encoder;
}

interface EncodedRequest {
  encode(): Promise<Encoder>;
}

function encodeFaster(): void {
  const KafkajsEncoder = require(`${inside}/encoder.js`) as new (bytes: number) => Encoder;
  const path = require.resolve(`${inside}/requests/produce/v3/request.js`);
  const byKafkajs = require(path) as (request: ProduceRequest) => EncodedRequest;
  const int64 = (value: unknown): Buffer => new KafkajsEncoder(8).writeInt64(value).buffer;
  const request: typeof byKafkajs = (produce) => {
    const encoded = byKafkajs(produce);
    const encode = async (): Promise<Encoder> => {
      const body = produceRequestBody(produce, Date.now(), int64);
      if (body === undefined) return encoded.encode();
      return Object.assign(new KafkajsEncoder(1), { buf: body, offset: body.length });
    };
    return { ...encoded, encode };
  };
  require.cache[path]!.exports = request;
}

function handOverColumns(): void {
  const usedBy = require.resolve('kafkajs/src/consumer/consumerGroup.js');
  if (require.cache[usedBy] !== undefined)
    throw new Error('kafkajs is loaded already: import it from log/kafka/kafkajs.ts');
  const path = require.resolve('kafkajs/src/consumer/batch.js');
  require(path);
  require.cache[path]!.exports = FetchedPartition;
}

decodeFaster();
handOverColumns();
encodeFaster();
