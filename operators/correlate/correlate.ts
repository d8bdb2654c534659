import { Observable, type OperatorFunction } from 'rxjs';
import { BoundedMap } from '../../base/bounded-map.ts';
import { CoMoments } from './co-moments.ts';
import type { CorrelationBlock } from './correlation-block.ts';
import type { CorrelationPlan } from './correlation-plan.ts';
import { type CorrelationRecord, forgetEntity, restoreEntities, sliceRecord } from './correlation-state.ts';
import { type EntityPoint, entityKey } from './entity.ts';
import { type CorrelationWorkplace, EntityCorrelations, keptMsOf } from './entity-correlations.ts';
import { sliceMs } from './point-slice.ts';
import { SerialDependence } from './serial-dependence.ts';

/** Points of any number of entities, each entity's ascending in time. */
export interface EntityPoints {
  readonly points: readonly EntityPoint[];
  /** No point that ends at or before this moment follows. Without it no state is written. */
  readonly closedThroughMs?: number;
  /** Read a second time after a restart, to rebuild the open minute: nothing is given out. */
  readonly again?: boolean;
}

export type CorrelationEvent =
  | { readonly kind: 'correlations'; readonly block: CorrelationBlock }
  | { readonly kind: 'state'; readonly record: CorrelationRecord };

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
  #evictedNow: EntityCorrelations[] = [];
  #writtenThroughMs = Number.NEGATIVE_INFINITY;

  constructor({ plan, epoch, entitiesMax = 256, restored = [] }: CorrelatorOptions) {
    this.#plan = plan;
    this.#epoch = epoch;
    const moments = plan.windowsMs.map(() => new CoMoments(plan.xs.length));
    this.#workplace = { plan, dependence: new SerialDependence(plan), moments };
    const onEvict = (_key: string, entity: EntityCorrelations): void => {
      this.evicted++;
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

  push({ points, closedThroughMs, again = false }: EntityPoints, emit: (event: CorrelationEvent) => void): void {
    for (const point of points) {
      const entity = this.#entityOf(point);
      const appended = entity.append(point.endMs, point.values);
      if (again) continue;
      if (!appended) this.refused++;
      const block = appended ? entity.evaluate() : undefined;
      if (block !== undefined) emit({ kind: 'correlations', block });
    }
    if (again) return;
    for (const entity of this.#evictedNow) this.#forget(entity, emit);
    this.#evictedNow = [];
    if (closedThroughMs !== undefined) this.#writeThrough(Math.floor(closedThroughMs / sliceMs) * sliceMs, emit);
  }

  #entityOf({ entity: identity }: EntityPoint): EntityCorrelations {
    const name = entityKey(identity);
    const entity = this.#entities.get(name) ?? new EntityCorrelations(identity, this.#workplace);
    // Set again: the entity set longest ago is the first to go.
    this.#entities.set(name, entity);
    return entity;
  }

  #writeThrough(closedThroughMs: number, emit: (event: CorrelationEvent) => void): void {
    if (closedThroughMs <= this.#writtenThroughMs) return;
    this.#writtenThroughMs = closedThroughMs;
    const records: CorrelationRecord[] = [];
    const silent: EntityCorrelations[] = [];
    for (const [, entity] of this.#entities.entries()) {
      if (entity.lastMs <= closedThroughMs - keptMsOf(this.#plan)) silent.push(entity);
      else
        for (const slice of entity.slices) {
          if (slice.written || slice.endMs > closedThroughMs) continue;
          records.push(sliceRecord(entity.identity, slice, { epoch: this.#epoch, plan: this.#plan }));
          slice.written = true;
        }
    }
    // After a restart entities may be in another order; what is written must not be.
    for (const record of records.sort(byKey)) emit({ kind: 'state', record });
    for (const entity of silent) {
      this.#entities.delete(entityKey(entity.identity));
      this.#forget(entity, emit);
    }
  }

  #forget({ identity }: EntityCorrelations, emit: (event: CorrelationEvent) => void): void {
    for (const record of forgetEntity(identity, { epoch: this.#epoch, plan: this.#plan }))
      emit({ kind: 'state', record });
  }
}

/** Points in, correlations and state records out, synchronously, however the points are cut into batches. */
export const correlate =
  (correlator: Correlator): OperatorFunction<EntityPoints, CorrelationEvent> =>
  (batches) =>
    new Observable((subscriber) =>
      batches.subscribe({
        next: (batch) => {
          try {
            correlator.push(batch, (event) => subscriber.next(event));
          } catch (error) {
            subscriber.error(error);
          }
        },
        error: (error) => subscriber.error(error),
        complete: () => subscriber.complete(),
      }),
    );

const byKey = (a: CorrelationRecord, b: CorrelationRecord): number => (a.key < b.key ? -1 : 1);
