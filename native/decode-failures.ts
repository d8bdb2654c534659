import { readFailure } from './avro/avro-cursor.ts';
import type { DecodeFailure } from './counter-columns.ts';

const words: Readonly<Record<number, DecodeFailure>> = {
  [readFailure.truncated]: { reason: 'truncated', message: 'the record ends before its schema does' },
  [readFailure.malformed]: { reason: 'malformed', message: 'the bytes do not follow the writer schema' },
  [readFailure.noHost]: { reason: 'no_host', message: 'the field "host" is null, empty or longer than 255 bytes' },
  [readFailure.badTime]: { reason: 'bad_time', message: 'the field "time_ms" is no moment after 1970' },
  [readFailure.trailing]: { reason: 'trailing_bytes', message: 'bytes are left over after the last field' },
  [readFailure.empty]: { reason: 'empty', message: 'the record has no value' },
};

/** The words of a failure, for the dead-letter headers. `detail`: the first byte or schema id that was not expected. */
export function decodeFailure(failure: number, detail = 0): DecodeFailure {
  if (failure === readFailure.wrongMagic)
    return { reason: 'wrong_magic', message: `the first byte is ${detail}, expected 0 (Confluent wire format)` };
  if (failure === readFailure.unknownSchema)
    return { reason: 'unknown_schema', message: `schema id ${detail} is not in the registry` };
  return words[failure] ?? { reason: 'malformed', message: `the record cannot be read (failure ${failure})` };
}
