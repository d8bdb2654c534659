import avsc from 'avsc';
import { messageOf } from '../../base/errors.ts';
import { refusals } from './refusal.ts';

export const levels = [
  'NONE',
  'BACKWARD',
  'BACKWARD_TRANSITIVE',
  'FORWARD',
  'FORWARD_TRANSITIVE',
  'FULL',
  'FULL_TRANSITIVE',
] as const;

export type Level = (typeof levels)[number];

export interface Earlier {
  readonly version: number;
  readonly schemaJson: string;
}

export interface CompatibilityAsked {
  readonly level: Level;
  readonly schemaJson: string;
  /** Versions before it, oldest first. */
  readonly earlier: readonly Earlier[];
}

/** Why the schema may not follow the earlier ones; empty = it may. */
export function incompatibilities({ level, schemaJson, earlier }: CompatibilityAsked): string[] {
  const asked = level.endsWith('_TRANSITIVE') ? earlier : earlier.slice(-1);
  const candidate = parseAvro(schemaJson);
  return asked.flatMap(({ version, schemaJson: earlierJson }) => {
    const other = parseAvro(earlierJson);
    const reasons: string[] = [];
    if (level.startsWith('BACKWARD') || level.startsWith('FULL')) {
      const why = cannotRead(candidate, other);
      if (why !== undefined) reasons.push(`the new schema cannot read what version ${version} wrote: ${why}`);
    }
    if (level.startsWith('FORWARD') || level.startsWith('FULL')) {
      const why = cannotRead(other, candidate);
      if (why !== undefined) reasons.push(`version ${version} cannot read what the new schema writes: ${why}`);
    }
    return reasons;
  });
}

/** The Avro type of a schema, or a refusal that says what is wrong with it. */
export function parseAvro(schemaJson: string): avsc.Type {
  try {
    return avsc.Type.forSchema(JSON.parse(schemaJson) as avsc.Schema, { registry: {} });
  } catch (error) {
    throw refusals.invalidSchema(messageOf(error));
  }
}

function cannotRead(reader: avsc.Type, writer: avsc.Type): string | undefined {
  try {
    reader.createResolver(writer);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}
