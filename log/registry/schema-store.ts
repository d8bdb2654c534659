import type { Log, TransactionalProducer } from '../port.ts';
import { incompatibilities, type Level, parseAvro } from './compatibility.ts';
import { refusals } from './refusal.ts';
import { decodeSchemaRecord, encodeSchemaRecord, type SchemaRecord, type SubjectVersion } from './schema-records.ts';

/** Bound of what the registry keeps in memory. */
const schemasMax = 20_000;

export interface SchemaStoreOptions {
  readonly log: Log;
  readonly topic: string;
  /** Level of subjects that have none of their own, until one is set. */
  readonly defaultLevel: Level;
}

/** Subjects, versions and ids: in memory, and in a compacted topic that is read once at the start. */
export class SchemaStore {
  readonly #options: SchemaStoreOptions;
  readonly #owner: TransactionalProducer;
  readonly #subjects = new Map<string, SubjectVersion[]>();
  readonly #levels = new Map<string | undefined, Level>();
  readonly #byId = new Map<number, string>();
  readonly #idOf = new Map<string, number>();
  #writing: Promise<unknown> = Promise.resolve();
  #lastId = 0;
  #count = 0;

  private constructor(options: SchemaStoreOptions, owner: TransactionalProducer) {
    this.#options = options;
    this.#owner = owner;
  }

  /** A registry started later on the same topic fences this one: ids must come from one place. */
  static async open(options: SchemaStoreOptions): Promise<SchemaStore> {
    const { log, topic } = options;
    await log.createTopics([{ name: topic, partitions: 1, cleanup: 'compact', retentionMs: 3_600_000 }]);
    const store = new SchemaStore(options, await log.transactionalProducer(`registry ${topic}`));
    for await (const batch of log.read({ topic, partition: 0 })) {
      for (let i = 0; i < batch.count; i += 1) {
        const record = decodeSchemaRecord(batch.keys.at(i) ?? null, batch.values.at(i) ?? null);
        if (record !== undefined) store.#apply(record);
      }
    }
    return store;
  }

  schemaOf(id: number): string | undefined {
    return this.#byId.get(id);
  }

  subjects(withDeleted = false): string[] {
    return [...this.#subjects.keys()].filter((subject) => this.versions(subject, withDeleted).length > 0).sort();
  }

  /** Oldest first; empty when the subject is unknown. */
  versions(subject: string, withDeleted = false): readonly SubjectVersion[] {
    return (this.#subjects.get(subject) ?? []).filter((each) => withDeleted || !each.deleted);
  }

  /** Every use of an id. */
  usesOf(id: number): SubjectVersion[] {
    return [...this.#subjects.values()].flat().filter((each) => each.id === id && !each.deleted);
  }

  levelOf(subject: string | undefined): Level | undefined {
    return this.#levels.get(subject);
  }

  effectiveLevel(subject: string | undefined): Level {
    return this.#levels.get(subject) ?? this.#levels.get(undefined) ?? this.#options.defaultLevel;
  }

  /** The version that holds this schema, whatever its layout. */
  find(subject: string, schemaJson: string, withDeleted = false): SubjectVersion | undefined {
    const wanted = identityOf(schemaJson);
    return this.versions(subject, withDeleted).findLast((each) => identityOf(each.schema) === wanted);
  }

  /** The same schema again answers what is there; a new one must be compatible with the ones before. */
  register(subject: string, schemaJson: string): Promise<SubjectVersion> {
    return this.#alone(async () => {
      parseAvro(schemaJson);
      const found = this.find(subject, schemaJson);
      if (found !== undefined) return found;
      const earlier = this.versions(subject).map((each) => ({ version: each.version, schemaJson: each.schema }));
      const reasons = incompatibilities({ level: this.effectiveLevel(subject), schemaJson, earlier });
      if (reasons.length > 0) throw refusals.incompatible(subject, reasons);
      if (this.#count >= schemasMax) throw refusals.full(schemasMax);
      const version: SubjectVersion = {
        subject,
        version: (this.versions(subject, true).at(-1)?.version ?? 0) + 1,
        id: this.#idOf.get(identityOf(schemaJson)) ?? this.#lastId + 1,
        schema: schemaJson,
        deleted: false,
      };
      await this.#write([{ kind: 'version', version }]);
      return version;
    });
  }

  setLevel(subject: string | undefined, level: Level | undefined): Promise<void> {
    return this.#alone(() => this.#write([{ kind: 'level', subject, level }]));
  }

  /** `permanent` forgets versions for good; else they are only hidden. */
  remove(versions: readonly SubjectVersion[], permanent: boolean): Promise<void> {
    const records = versions.map((each): SchemaRecord => {
      if (permanent) return { kind: 'forgotten', subject: each.subject, version: each.version };
      return { kind: 'version', version: { ...each, deleted: true } };
    });
    return this.#alone(() => this.#write(records));
  }

  async close(): Promise<void> {
    await this.#writing.catch(() => {});
    await this.#owner.close();
  }

  /** Writers one after another: a version number or an id must not be given twice. */
  #alone<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#writing.catch(() => {}).then(action);
    this.#writing = done;
    return done;
  }

  async #write(records: readonly SchemaRecord[]): Promise<void> {
    const transaction = await this.#owner.begin();
    try {
      await transaction.send(
        records.map((record) => ({ topic: this.#options.topic, partition: 0, ...encodeSchemaRecord(record) })),
      );
      await transaction.commit();
    } catch (error) {
      await transaction.abort().catch(() => {});
      throw error;
    }
    for (const record of records) this.#apply(record);
  }

  #apply(record: SchemaRecord): void {
    if (record.kind === 'level') {
      if (record.level === undefined) this.#levels.delete(record.subject);
      else this.#levels.set(record.subject, record.level);
      return;
    }
    const { subject, version } = record.kind === 'version' ? record.version : record;
    const before = this.#subjects.get(subject) ?? [];
    const others = before.filter((each) => each.version !== version);
    const after = record.kind === 'version' ? [...others, record.version] : others;
    this.#count += after.length - before.length;
    if (after.length === 0) this.#subjects.delete(subject);
    else
      this.#subjects.set(
        subject,
        after.sort((a, b) => a.version - b.version),
      );
    if (record.kind !== 'version') return;
    // Ids stay known when their versions are forgotten: records written with them may still be in a topic.
    this.#byId.set(record.version.id, record.version.schema);
    this.#idOf.set(identityOf(record.version.schema), record.version.id);
    this.#lastId = Math.max(this.#lastId, record.version.id);
  }
}

/** The same for any order of keys and any white space. */
function identityOf(schemaJson: string): string {
  return JSON.stringify(JSON.parse(schemaJson), (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
