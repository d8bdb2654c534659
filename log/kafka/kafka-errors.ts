import { DynoError, messageOf } from '../../base/errors.ts';

/** What kafkajs puts on its errors, as far as it can be told. */
interface KafkaFault {
  readonly name: string;
  /** Kafka's own name of the error. */
  readonly type: string | undefined;
  readonly code: number | string | undefined;
}

const producerFencedCode = 90;
const fencedTypes = new Set(['INVALID_PRODUCER_EPOCH', 'PRODUCER_FENCED', 'TRANSACTION_COORDINATOR_FENCED']);
const forbidden = /AUTHORIZATION_FAILED|SASL|ILLEGAL_SASL_STATE|UNSUPPORTED_SASL/;
const tooLarge = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

/** The faults of an error and of its causes, outermost first. */
function faultsOf(error: unknown): KafkaFault[] {
  const faults: KafkaFault[] = [];
  const causesMax = 8;
  for (let at = error; at instanceof Error && faults.length < causesMax; at = at.cause) {
    const { type, code } = at as { type?: unknown; code?: unknown };
    faults.push({
      name: at.name,
      type: typeof type === 'string' ? type : undefined,
      code: typeof code === 'number' || typeof code === 'string' ? code : undefined,
    });
  }
  return faults;
}

export const isFenced = (error: unknown): boolean =>
  faultsOf(error).some(
    ({ type, code }) => (type !== undefined && fencedTypes.has(type)) || code === producerFencedCode,
  );

/** True where trying again cannot help before somebody changes a permission or a password. */
export const isForbidden = (error: unknown): boolean =>
  faultsOf(error).some(({ name, type }) => forbidden.test(type ?? '') || name === 'KafkaJSSASLAuthenticationError');

/** Kafka's own name of the error, where it has one. */
export const kafkaTypeOf = (error: unknown): string | undefined =>
  faultsOf(error).find(({ type }) => type !== undefined)?.type;

/** Any failure of a call to Kafka in our words; `doing` completes "while …" and names what was touched. */
export function kafkaError(error: unknown, doing: string, details: Record<string, unknown> = {}): DynoError {
  if (error instanceof DynoError) return error;
  const facts = { cause: error, details: { ...details, kafkaError: kafkaTypeOf(error) } };
  const says = messageOf(error);
  if (isFenced(error))
    return new DynoError(
      'DYNO_LOG_FENCED',
      `while ${doing}: another owner took this transactional id over, or the broker gave the transaction up (${says}); ` +
        'stop writing, and read the committed offsets before going on',
      facts,
    );
  if (isForbidden(error))
    return new DynoError(
      'DYNO_LOG_NOT_PERMITTED',
      `while ${doing}: Kafka refused it (${says}); check KAFKA_SASL_*, KAFKA_SSL_* and the ACLs of this user`,
      facts,
    );
  if (tooLarge.has(kafkaTypeOf(error) ?? ''))
    return new DynoError(
      'DYNO_LOG_RECORD_TOO_LARGE',
      `while ${doing}: a record or batch is larger than the broker takes (${says}); raise the topic's max.message.bytes to 1048588 or more`,
      facts,
    );
  if (kafkaTypeOf(error) === 'UNKNOWN_TOPIC_OR_PARTITION')
    return new DynoError(
      'DYNO_LOG_TOPIC_UNKNOWN',
      `while ${doing}: Kafka does not know the topic or partition; create it with "dynoscope topics apply"`,
      { ...facts, retryable: true },
    );
  return new DynoError(
    'DYNO_LOG_UNAVAILABLE',
    `while ${doing}: Kafka did not do it (${says}); is the cluster reachable and healthy?`,
    {
      ...facts,
      retryable: true,
    },
  );
}

/** Runs `call`; what it throws comes out in our words. */
export async function inOurWords<T>(doing: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw kafkaError(error, doing);
  }
}
