import { equal, match } from 'node:assert/strict';
import test from 'node:test';
import { DynoError } from '../../base/errors.ts';
import { kafkaError } from './kafka-errors.ts';

/** A fault as kafkajs throws it: Kafka's name of the error beside a message. */
const fault = (type: string, code = 0, cause?: unknown): Error =>
  Object.assign(new Error(`says ${type}`, { cause }), { name: 'KafkaJSProtocolError', type, code });

const cases: [says: string, error: unknown, code: string, retryable: boolean][] = [
  ['an old epoch is a newer owner', fault('INVALID_PRODUCER_EPOCH'), 'DYNO_LOG_FENCED', false],
  ['kafkajs does not know error 90', fault('KAFKAJS_UNKNOWN_ERROR_CODE', 90), 'DYNO_LOG_FENCED', false],
  [
    'the fault is found among the causes',
    new Error('retries exceeded', { cause: fault('INVALID_PRODUCER_EPOCH') }),
    'DYNO_LOG_FENCED',
    false,
  ],
  ['a missing ACL', fault('TOPIC_AUTHORIZATION_FAILED'), 'DYNO_LOG_NOT_PERMITTED', false],
  [
    'a wrong password',
    Object.assign(new Error('no'), { name: 'KafkaJSSASLAuthenticationError' }),
    'DYNO_LOG_NOT_PERMITTED',
    false,
  ],
  ['a batch above the limit', fault('MESSAGE_TOO_LARGE'), 'DYNO_LOG_RECORD_TOO_LARGE', false],
  ['an unknown topic may be created yet', fault('UNKNOWN_TOPIC_OR_PARTITION'), 'DYNO_LOG_TOPIC_UNKNOWN', true],
  ['an expired id is no newer owner', fault('INVALID_PRODUCER_ID_MAPPING'), 'DYNO_LOG_UNAVAILABLE', true],
  ['a broker that is away', new Error('connect ECONNREFUSED 127.0.0.1:9092'), 'DYNO_LOG_UNAVAILABLE', true],
  ['what is no error at all', 'a string', 'DYNO_LOG_UNAVAILABLE', true],
];

for (const [says, error, code, retryable] of cases)
  test(`${says}: ${code}`, () => {
    const ours = kafkaError(error, 'testing');
    equal(ours.code, code);
    equal(ours.retryable, retryable);
    match(ours.message, /while testing/);
  });

test('an error in our words stays as it is', () => {
  const ours = new DynoError('DYNO_LOG_CLOSED', 'closed');
  equal(kafkaError(ours, 'testing'), ours);
});
