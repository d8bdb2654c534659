import { map, type OperatorFunction } from 'rxjs';
import { BoundedMap } from '../../base/bounded-map.ts';
import type { CorrelationPlan } from './correlation-plan.ts';
import { type CorrelationRecord, forgetEntity, restoreEntities, sliceRecord } from './correlation-state.ts';
import { type EntityPoint, entityKey } from './entity.ts';
import {
  type CorrelationWorkplace,
  correlationWorkplace,
  EntityCorrelations,
  type EntityRows,
  keptMsOf,
} from './entity-correlations.ts';
import { sliceMs } from './point-slice.ts';

/** Points of any number of entities, each entity's ascending in time. */
export interface EntityPoints {
  readonly points: readonly EntityPoint[];
  /** No point that ends at or before this moment follows. Without it no state is written. */
  readonly closedThroughMs?: number;
  /** Read a second time after a restart, to rebuild the open minute: nothing is given out. */
  readonly again?: boolean;
}

/** What one `EntityPoints` brought. */
export interface Correlated {
  /** In the order of the points. */
  readonly entities: readonly EntityRows[];
  /** For the state topic, in this order. */
  readonly records: readonly CorrelationRecord[];
  readonly closedThroughMs: number | undefined;
}

export interface CorrelatorOptions {
  readonly plan: CorrelationPlan;
  readonly epoch: number;
  /** Entities beyond which the one silent for longest goes, counted. Default 256: about 300 MB with 16 metrics. */
  readonly entitiesMax?: number;
  /** The newest record of each key of the state topic. */
  readonly restored?: readonly { readonly key: string; readonly value: Buffer }[];
}

/**
 * Correlations of all entities of one partition. State is a record of points for each entity and closed minute; after a
 * restart give those back, then the points of the open minute `again`, and what follows is the same bits. Entities of a
 * second are to come in the order of `compareEntities`.
 */
export class Correlator {
  evicted = 0;
  /** Points out of order, and more than 240 a minute. */
  refused = 0;
  /** State records that did not check out. */
  readonly discarded: number;
  readonly #plan: CorrelationPlan;
  readonly #epoch: number;
  readonly #workplace: CorrelationWorkplace;
  readonly #entities: BoundedMap<string, EntityCorrelations>;
  readonly #evictedNow: EntityCorrelations[] = [];
  #writtenThroughMs = Number.NEGATIVE_INFINITY;

  constructor({ plan, epoch, entitiesMax = 256, restored = [] }: CorrelatorOptions) {
    this.#plan = plan;
    this.#epoch = epoch;
    this.#workplace = correlationWorkplace(plan);
    const onEvict = (_key: string, entity: EntityCorrelations): void => {
      this.#evictedNow.push(entity);
    };
    this.#entities = new BoundedMap({ keysMax: entitiesMax, onEvict });
    const { entities, discarded } = restoreEntities(restored, { epoch, workplace: this.#workplace });
    this.discarded = discarded;
    for (const entity of entities) this.#entities.set(entityKey(entity.identity), entity);
  }

  get entities(): number {
    return this.#entities.size;
  }

  push({ points, closedThroughMs, again = false }: EntityPoints): Correlated {
    const entities: EntityRows[] = [];
    const records: CorrelationRecord[] = [];
    for (const point of points) {
      const entity = this.#entityOf(point);
      const appended = entity.append(point.endMs, point.values);
      if (again) continue;
      if (!appended) this.refused++;
      const rows = appended ? entity.evaluate() : undefined;
      if (rows !== undefined) entities.push(rows);
    }
    const evicted = this.#evictedNow.splice(0);
    // What went `again` was forgotten when it went for the first time.
    if (again) return { entities, records, closedThroughMs: undefined };
    this.evicted += evicted.length;
    for (const entity of evicted) records.push(...this.#forgotten(entity));
    if (closedThroughMs !== undefined) this.#writeThrough(sliceFloor(closedThroughMs), records);
    return { entities, records, closedThroughMs };
  }

  #entityOf({ entity: identity }: EntityPoint): EntityCorrelations {
    const name = entityKey(identity);
    const entity = this.#entities.get(name) ?? new EntityCorrelations(identity, this.#workplace);
    // Set again: the entity set longest ago is the first to go.
    this.#entities.set(name, entity);
    return entity;
  }

  #writeThrough(closedThroughMs: number, records: CorrelationRecord[]): void {
    if (closedThroughMs <= this.#writtenThroughMs) return;
    this.#writtenThroughMs = closedThroughMs;
    const written: CorrelationRecord[] = [];
    const silent: EntityCorrelations[] = [];
    for (const [, entity] of this.#entities.entries()) {
      if (entity.lastMs <= closedThroughMs - keptMsOf(this.#plan)) silent.push(entity);
      else
        for (const slice of entity.slices) {
          if (slice.written || slice.endMs > closedThroughMs) continue;
          written.push(sliceRecord(entity.identity, slice, { epoch: this.#epoch, plan: this.#plan }));
          slice.written = true;
        }
    }
    for (const entity of silent) {
      this.#entities.delete(entityKey(entity.identity));
      written.push(...this.#forgotten(entity));
    }
    // After a restart entities may be in another order; what is written must not be.
    records.push(...written.sort(byKey));
  }

  #forgotten({ identity }: EntityCorrelations): CorrelationRecord[] {
    return forgetEntity(identity, { epoch: this.#epoch, plan: this.#plan });
  }
}

/** Points in, correlations and state records out, synchronously, however the points are cut into batches. */
export const correlate = (correlator: Correlator): OperatorFunction<EntityPoints, Correlated> =>
  map((points) => correlator.push(points));

const sliceFloor = (timeMs: number): number => Math.floor(timeMs / sliceMs) * sliceMs;
const byKey = (a: CorrelationRecord, b: CorrelationRecord): number => (a.key < b.key ? -1 : 1);
