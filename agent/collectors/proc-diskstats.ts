import { type Medium, mediumOf } from '../block-devices.ts';
import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector, type Readings, type Step } from '../collector.ts';
import { type DeviceWork, deviceWork } from '../device-work.ts';
import { isValue, largestOf, over, type Reading, sumOf, times } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

/** The eleven numbers after a device's name, in the kernel's order; later kernels print more. */
const fieldCount = 11;

export interface DiskStats {
  readonly fields: ReadonlyMap<string, readonly number[]>;
  /** Undefined for what is no device of its own. */
  readonly media: ReadonlyMap<string, Medium | undefined>;
}

export function parseDiskstats(bytes: Uint8Array): ReadonlyMap<string, readonly number[]> {
  const cursor = new ByteCursor(bytes);
  const devices = new Map<string, readonly number[]>();
  while (!cursor.done) {
    cursor.integer();
    cursor.integer();
    const name = cursor.word();
    const fields = new Array<number>(fieldCount);
    for (let field = 0; field < fieldCount; field++) fields[field] = cursor.integer();
    if (name !== '') devices.set(name, fields);
    cursor.nextLine();
  }
  return devices;
}

function derive({ previous, current, elapsedS }: Step<DiskStats>): Readings {
  const work: Record<Medium, DeviceWork[]> = { disk: [], flash: [] };
  for (const [name, fields] of current.fields) {
    const medium = current.media.get(name);
    if (medium !== undefined)
      work[medium].push(deviceWork({ previous: previous?.fields.get(name), current: fields, elapsedS }));
  }
  const all = [...work.disk, ...work.flash];
  const disk = mediumReadings('disk', work.disk);
  return {
    ...disk,
    ...mediumReadings('flash', work.flash),
    disk_read_iops: disk['disk_rd_ios_per_s'] ?? 'no_device',
    disk_write_iops: disk['disk_wr_ios_per_s'] ?? 'no_device',
    storage_busiest_ratio: largestOf(
      all.map(({ busyRatio }) => busyRatio),
      'no_device',
    ),
    storage_longest_queue_count: largestOf(
      all.map(({ queue }) => queue),
      'no_device',
    ),
    storage_slowest_latency_ms: largestOf(
      all.map(({ latencyMs }) => latencyMs),
      'no_device',
    ),
  };
}

/** The sum over devices of one medium; a device that appeared between the reads is not in it. */
function mediumReadings(medium: Medium, work: readonly DeviceWork[]): Readings {
  const total = (part: (device: DeviceWork) => Reading): Reading => sumOf(work.map(part), 'no_device');
  const busy = work.map(({ busyRatio }) => busyRatio);
  const known = busy.filter(isValue).length;
  const readings: Record<string, Reading> = {
    [`${medium}_busy_ratio`]: over(sumOf(busy, 'no_device'), Math.max(1, known)),
    [`${medium}_queue_count`]: total(({ queue }) => queue),
  };
  for (const direction of ['rd', 'wr'] as const) {
    const ios = total((device) => device[direction].ios);
    const ms = total((device) => device[direction].ms);
    readings[`${medium}_${direction}_bytes_per_s`] = times(
      total((device) => device[direction].sectors),
      512,
    );
    readings[`${medium}_${direction}_ms_per_s`] = ms;
    readings[`${medium}_${direction}_ios_per_s`] = ios;
    readings[`${medium}_${direction}_latency_ms`] = over(ms, ios);
  }
  return readings;
}

const mediumCounters = (medium: Medium): string[] => [
  ...['rd', 'wr'].flatMap((direction) =>
    ['bytes_per_s', 'ms_per_s', 'ios_per_s', 'latency_ms'].map((what) => `${medium}_${direction}_${what}`),
  ),
  `${medium}_busy_ratio`,
  `${medium}_queue_count`,
];

export default defineCollector<DiskStats>({
  name: 'proc-diskstats',
  counters: [
    ...mediumCounters('disk'),
    ...mediumCounters('flash'),
    'disk_read_iops',
    'disk_write_iops',
    'storage_busiest_ratio',
    'storage_longest_queue_count',
    'storage_slowest_latency_ms',
  ],
  read: (tree, previous) => {
    const bytes = tree.read('proc/diskstats');
    if (!isBytes(bytes)) return bytes;
    const fields = parseDiskstats(bytes);
    const media = new Map<string, Medium | undefined>();
    for (const name of fields.keys())
      media.set(name, previous?.media.has(name) ? previous.media.get(name) : mediumOf(tree, name));
    return { fields, media };
  },
  derive,
});
