import { counterIndex } from '../schemas/counters.ts';
import { type HostReading, put } from './host-reader.ts';

/** Bounds of what an application may push: the map travels in every record. */
const appValuesMax = 64;
const nameLengthMax = 100;

export interface PlacedValues {
  /** Values outside the catalogue; undefined when there are none. */
  readonly app: ReadonlyMap<string, number> | undefined;
  /** Values left out: no number, a name too long, or too many of them. */
  readonly refused: number;
}

/** Puts an application's values of one second where they belong: the catalogue's into the reading, others into a map. */
export function placeApplicationValues(reading: HostReading, pushed: ReadonlyMap<string, number>): PlacedValues {
  const app = new Map<string, number>();
  let refused = 0;
  for (const [name, value] of pushed) {
    if (counterIndex.has(name)) put(reading, name, value);
    else if (Number.isFinite(value) && name !== '' && name.length <= nameLengthMax && app.size < appValuesMax)
      app.set(name, value);
    else refused++;
  }
  return { app: app.size === 0 ? undefined : app, refused };
}
