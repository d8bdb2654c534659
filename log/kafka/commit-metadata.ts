import { DynoError } from '../../base/errors.ts';
import type { GroupOffset } from '../port.ts';

/** Brokers take 4,096 bytes by default (`offset.metadata.max.bytes`); the port promises 4,000. */
const metadataBytesMax = 4_000;

export function checkMetadata({ topic, partition, metadata }: GroupOffset): void {
  const bytes = Buffer.byteLength(metadata);
  if (bytes <= metadataBytesMax) return;
  throw new DynoError(
    'DYNO_LOG_METADATA_TOO_LARGE',
    `commit metadata of ${bytes} bytes for ${topic}[${partition}] is larger than ${metadataBytesMax} bytes; ` +
      'keep large state in a state topic',
    { details: { topic, partition, bytes } },
  );
}
