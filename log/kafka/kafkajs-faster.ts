import { createRequire } from 'node:module';
import type { DecodedRecord } from './hide-aborted.ts';
import { type ProduceRequest, produceRequestBody } from './produce-request.ts';
import { decodeRecordBatches } from './record-batches.ts';

/**
 * Puts our own code in the place of two functions of kafkajs (version 2.2.4, frozen): decoding fetched records and
 * encoding what is sent, the two that touch every byte. Each leaves to kafkajs what is not as we write it. Runs once,
 * when this module is loaded, before kafkajs's first request loads what uses them.
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
  const byKafkajs = require(path) as (decoder: FetchDecoder) => Promise<readonly DecodedRecord[]>;
  const decode: typeof byKafkajs = async (decoder) => {
    const { buffer, offset } = decoder;
    const from = offset + 4;
    const size = from <= buffer.length ? buffer.readInt32BE(offset) : 0;
    if (size <= 0 || from + size > buffer.length) return byKafkajs(decoder);
    const messages = decodeRecordBatches(buffer.subarray(from, from + size));
    if (messages === undefined) return byKafkajs(decoder);
    decoder.forward(4 + size);
    return messages;
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

decodeFaster();
encodeFaster();
