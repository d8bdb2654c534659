import type { CounterDefinition } from '../counter.ts';
import { countersOf } from './define.ts';

const { gauge, rate, ratio } = countersOf('storage');

const diskOrFlash = { disk: 'rotating disks', flash: 'flash devices' } as const;
const readOrWrite = {
  rd: { verb: 'read', done: 'reads', fields: '1–4' },
  wr: { verb: 'write', done: 'writes', fields: '5–8' },
} as const;
type Medium = keyof typeof diskOrFlash;
type Direction = keyof typeof readOrWrite;

/** The seed's twelve leaves, and the latency that follows from two of them. */
function transfers(medium: Medium, direction: Direction): CounterDefinition[] {
  const devices = diskOrFlash[medium];
  const { done, fields } = readOrWrite[direction];
  const stem = `${medium}_${direction}`;
  const source = `/proc/diskstats ${devices}, fields ${fields} after the name`;
  return [
    rate(`${stem}_bytes_per_s`, {
      summary: `Bytes of ${done} per second on ${devices}.`,
      source,
      seedLabel: 'Flash/disk rd/wr bytes',
      seedName: `${stem}_bytes`,
    }),
    rate(`${stem}_ms_per_s`, {
      summary: `Milliseconds spent on ${done} per second, summed over requests of ${devices}.`,
      source,
      seedLabel: 'Flash/disk rd/wr ms',
      seedName: `${stem}_ms`,
    }),
    rate(`${stem}_ios_per_s`, {
      summary: `${capital(done)} completed per second on ${devices}.`,
      source,
      seedLabel: 'Flash/disk rd/wr ios',
      seedName: `${stem}_ios`,
    }),
    gauge(`${stem}_latency_ms`, {
      summary: `Mean time of ${done} on ${devices}; no value in a second without any.`,
      source: `${stem}_ms_per_s / ${stem}_ios_per_s`,
    }),
  ];
}

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

const occupation = (medium: Medium): CounterDefinition[] => [
  ratio(`${medium}_busy_ratio`, {
    summary: `Share of time with a request in flight, mean over ${diskOrFlash[medium]}.`,
    source: '/proc/diskstats field 10 after the name',
  }),
  gauge(`${medium}_queue_count`, {
    summary: `Requests in flight on ${diskOrFlash[medium]}, mean over the second.`,
    source: '/proc/diskstats field 11 after the name',
  }),
];

const wholeMachine: readonly CounterDefinition[] = [
  ratio('storage_busiest_ratio', {
    summary: 'Share of time with a request in flight on the busiest device.',
    source: '/proc/diskstats field 10 after the name',
  }),
  gauge('storage_longest_queue_count', {
    summary: 'Mean requests in flight on the device with the most.',
    source: '/proc/diskstats field 11 after the name',
  }),
  gauge('storage_slowest_latency_ms', {
    summary: 'Mean request time of the slowest device that completed requests.',
    source: '/proc/diskstats',
  }),
  rate('storage_errors_per_s', {
    summary: 'Requests per second that a device ended with an error.',
    source: '/sys/block/*/device/ioerr_cnt',
  }),
  ratio('flash_wear_ratio', {
    aggregation: 'last',
    summary: 'Rated life used up on the most worn flash device.',
    source: 'NVMe health log, percentage used',
  }),
  ratio('fs_fullest_used_ratio', {
    aggregation: 'max',
    summary: 'Share of space in use on the fullest local file system, as df counts it.',
    source: 'statfs of each mount in /proc/self/mounts',
  }),
  gauge('fs_fullest_available_bytes', {
    aggregation: 'min',
    summary: 'Bytes left for programs on the fullest local file system.',
    source: 'statfs',
  }),
  ratio('fs_fullest_inodes_used_ratio', {
    aggregation: 'max',
    summary: 'Share of inodes in use on the file system with the fewest left.',
    source: 'statfs',
  }),
  ratio('fs_root_used_ratio', {
    aggregation: 'max',
    summary: 'Share of space in use on the root file system, as df counts it.',
    source: 'statfs of /',
  }),
];

/** Storage: rotating disks and flash apart, the busiest device, the fullest file system. */
export const storageCounters: readonly CounterDefinition[] = [
  rate('disk_read_iops', {
    summary: 'Reads completed per second on rotating disks.',
    source: '/proc/diskstats field 1 after the name',
    seedLabel: 'Disk read/write iops',
    seedName: 'disk_read_iops',
  }),
  rate('disk_write_iops', {
    summary: 'Writes completed per second on rotating disks.',
    source: '/proc/diskstats field 5 after the name',
    seedLabel: 'Disk read/write iops',
    seedName: 'disk_write_iops',
  }),
  ...transfers('disk', 'rd'),
  ...transfers('disk', 'wr'),
  ...occupation('disk'),
  ...transfers('flash', 'rd'),
  ...transfers('flash', 'wr'),
  ...occupation('flash'),
  ...wholeMachine,
];
