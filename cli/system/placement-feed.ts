import { hasCode, messageOf } from '../../base/errors.ts';
import { logLines } from '../../base/log-lines.ts';
import type { RecordBatch } from '../../log/port.ts';
import type { RegistryClient } from '../../log/registry/client.ts';
import { codecOf } from '../../schemas/codec.ts';
import { PlacementTable } from '../../schemas/placement-table.ts';
import { schemaIdOf } from '../../schemas/wire-format.ts';

const topic = 'topology.hosts.v1';
const lines = logLines('cli');

/** Keeps a placement table at what `topology.hosts.v1` says. */
export class PlacementFeed {
  readonly table = new PlacementTable();
  readonly #codec = codecOf(topic);
  readonly #registry: RegistryClient;

  constructor(registry: RegistryClient) {
    this.#registry = registry;
  }

  /** Rejects only in an outage of the registry: then the same batch is to be given again. */
  async take(batch: RecordBatch): Promise<void> {
    for (let i = 0; i < batch.count; i++) {
      const key = batch.keys.at(i);
      const value = batch.values.at(i);
      if (value === null || value === undefined) {
        if (key !== null && key !== undefined) this.table.forget(key.toString());
        continue;
      }
      await this.#learn(value);
      try {
        this.table.apply(this.#codec.decode(value));
      } catch (error) {
        lines.error(
          { event: 'placement_unreadable', topic, offset: batch.offsets[i], error: messageOf(error) },
          'A placement cannot be read; the host keeps the one before.',
        );
      }
    }
  }

  async #learn(value: Buffer): Promise<void> {
    const id = schemaIdOf(value);
    if (id === undefined || this.#codec.knowsSchema(id)) return;
    const schema = await this.#registry.schemaById(id);
    if (schema === undefined) return;
    try {
      this.#codec.addSchema(id, schema);
    } catch (error) {
      if (!hasCode(error, 'DYNO_SCHEMA_INCOMPATIBLE')) throw error;
    }
  }
}
