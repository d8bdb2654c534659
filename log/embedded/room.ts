import type { Clock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import type { Disk } from './disk.ts';
import type { Retention } from './retention.ts';

export interface RoomOptions {
  readonly disk: Disk;
  readonly retention: Retention;
  readonly clock: Clock;
  readonly bytesMax: number;
  readonly dir: string;
}

/** How far appends may run ahead of retention before they wait for it. */
const overshootRatio = 1.25;
/** Appended bytes after which the size is asked again. */
const bytesBetweenLooks = 1_000_000;

/** The bound on the whole log: throws when it is full of what may not be removed (compacted topics). */
export function roomCheck({ disk, retention, clock, bytesMax, dir }: RoomOptions): (bytes: number) => void {
  const lookEvery = Math.min(bytesBetweenLooks, bytesMax / 100);
  let unlooked = lookEvery;
  return (bytes) => {
    unlooked += bytes;
    if (unlooked < lookEvery) return;
    while (disk.usedBytes() > bytesMax * overshootRatio) {
      if (retention.step(clock.nowMs())) continue;
      throw new DynoError(
        'DYNO_LOG_DISK_FULL',
        `the embedded log in ${dir} uses ${disk.usedBytes()} bytes, more than its bytesMax of ${bytesMax}, ` +
          'and the rest is in compacted topics that keep their newest records; raise bytesMax.',
        { retryable: true, details: { dir, bytesMax } },
      );
    }
    unlooked = 0;
  };
}
