import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { unknownSchemaId } from './counter-encoder.ts';

/** Names a schema by its text: 16 hexadecimal digits. */
export const fingerprintOf = (schemaJson: string): string =>
  createHash('sha256').update(schemaJson).digest('hex').slice(0, 16);

export interface SchemaIdsOptions {
  /** Where the last known ids are kept, so that a restart works while the registry is away. */
  readonly folder: string;
  readonly register: (subject: string, schemaJson: string) => Promise<number>;
}

interface Known {
  readonly subject: string;
  readonly schemaJson: string;
  id: number;
  /** The registry itself said so in this run; else the id is remembered from an earlier one. */
  confirmed: boolean;
}

/**
 * Ids of the schemas this agent writes, and of those it wrote before an upgrade and still has in its spool. Bounded by
 * what one folder holds: one small file a schema ever used.
 */
export class SchemaIds {
  readonly #folder: string;
  readonly #register: (subject: string, schemaJson: string) => Promise<number>;
  readonly #known = new Map<string, Known>();

  constructor(options: SchemaIdsOptions) {
    this.#folder = options.folder;
    this.#register = options.register;
  }

  /** Id as known now, `unknownSchemaId` if neither the registry nor an earlier run told it. */
  idOf(fingerprint: string): number {
    return this.#find(fingerprint)?.id ?? unknownSchemaId;
  }

  add(subject: string, schemaJson: string): string {
    const fingerprint = fingerprintOf(schemaJson);
    if (this.#find(fingerprint) === undefined)
      this.#known.set(fingerprint, { subject, schemaJson, id: unknownSchemaId, confirmed: false });
    return fingerprint;
  }

  /** Asks the registry unless it has answered before. Rejects while it is away; `idOf` may still know an older answer. */
  async confirm(fingerprint: string): Promise<void> {
    const known = this.#find(fingerprint);
    if (known === undefined || known.confirmed) return;
    const id = await this.#register(known.subject, known.schemaJson);
    const changed = id !== known.id;
    known.id = id;
    known.confirmed = true;
    if (changed) this.#save(fingerprint, known);
  }

  /** Keeps the schema's text beside records that were written with it before its id was known. */
  remember(fingerprint: string): void {
    const known = this.#known.get(fingerprint);
    if (known !== undefined) this.#save(fingerprint, known);
  }

  #find(fingerprint: string): Known | undefined {
    const known = this.#known.get(fingerprint) ?? this.#load(fingerprint);
    if (known !== undefined) this.#known.set(fingerprint, known);
    return known;
  }

  #load(fingerprint: string): Known | undefined {
    try {
      return parsedKnown(JSON.parse(readFileSync(this.#path(fingerprint), 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** A full disk costs only the memory of the id: the registry is asked again after a restart. */
  #save(fingerprint: string, known: Known): void {
    const { subject, schemaJson, id } = known;
    try {
      mkdirSync(this.#folder, { recursive: true });
      const path = this.#path(fingerprint);
      writeFileSync(`${path}.new`, JSON.stringify({ subject, schemaJson, id }));
      renameSync(`${path}.new`, path);
    } catch {
      return;
    }
  }

  #path(fingerprint: string): string {
    return join(this.#folder, `schema-${fingerprint}.json`);
  }
}

function parsedKnown(value: unknown): Known | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { subject, schemaJson, id } = value as Record<string, unknown>;
  if (typeof subject !== 'string' || typeof schemaJson !== 'string' || typeof id !== 'number') return undefined;
  return { subject, schemaJson, id, confirmed: false };
}
