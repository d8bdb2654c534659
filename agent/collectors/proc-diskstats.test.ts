import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/collect.ts';
import procDiskstats from './proc-diskstats.ts';

const sda = { 'sys/block/sda/device/model': 'X', 'sys/block/sda/queue/rotational': '1' };
const nvme = { 'sys/block/nvme0n1/device/model': 'Y', 'sys/block/nvme0n1/queue/rotational': '0' };
const idle = '0 0 0 0 0 0 0 0 0 0 0';

test('rotating disks and flash are apart, partitions and mapped devices are not counted', () => {
  const sys = { ...sda, ...nvme, 'sys/block/dm-0/queue/rotational': '1' };
  const lines = (a: string, b: string) =>
    ` 8 0 sda ${a}\n 8 1 sda1 ${a}\n 253 0 dm-0 ${a}\n 259 0 nvme0n1 ${b} 0 0 0 0\n`;
  const [, second] = collect(procDiskstats, [
    { ...sys, 'proc/diskstats': lines(idle, idle) },
    { ...sys, 'proc/diskstats': lines('10 0 80 100 20 0 320 40 0 500 140', '1000 0 8000 50 0 0 0 0 2 30 50') },
  ]);
  equal(second?.['disk_read_iops'], 10);
  equal(second?.['disk_rd_bytes_per_s'], 80 * 512);
  equal(second?.['disk_wr_latency_ms'], 2);
  equal(second?.['disk_busy_ratio'], 0.5);
  equal(second?.['disk_queue_count'], 0.14);
  equal(second?.['flash_rd_ios_per_s'], 1_000);
  equal(second?.['flash_rd_latency_ms'], 0.05);
  equal(second?.['flash_wr_latency_ms'], 'no_events');
  equal(second?.['storage_busiest_ratio'], 0.5);
});

test('a machine without such a device says so', () => {
  const moment = { ...nvme, 'proc/diskstats': ` 259 0 nvme0n1 ${idle}\n` };
  equal(collect(procDiskstats, [moment, moment])[1]?.['disk_rd_bytes_per_s'], 'no_device');
});

test('a device that appears has no value at first and takes none from the others', () => {
  const sys = { ...sda, 'sys/block/sdb/device/model': 'Z', 'sys/block/sdb/queue/rotational': '1' };
  const [, second, third] = collect(procDiskstats, [
    { ...sda, 'proc/diskstats': ' 8 0 sda 100 0 0 0 0 0 0 0 0 0 0\n' },
    { ...sys, 'proc/diskstats': ' 8 0 sda 105 0 0 0 0 0 0 0 0 0 0\n 8 16 sdb 9000 0 0 0 0 0 0 0 0 0 0\n' },
    { ...sys, 'proc/diskstats': ' 8 0 sda 105 0 0 0 0 0 0 0 0 0 0\n 8 16 sdb 9007 0 0 0 0 0 0 0 0 0 0\n' },
  ]);
  equal(second?.['disk_read_iops'], 5);
  equal(third?.['disk_read_iops'], 7);
});

test('milliseconds wrap at 32 bits, and a device that starts again is a reset', () => {
  const line = (reads: number, readMs: number) => ({
    ...sda,
    'proc/diskstats': ` 8 0 sda ${reads} 0 0 ${readMs} 0 0 0 0 0 0 0\n`,
  });
  const [, wrapped] = collect(procDiskstats, [line(5, 2 ** 32 - 100), line(10, 50)]);
  equal(wrapped?.['disk_rd_ms_per_s'], 150);
  const [, restarted] = collect(procDiskstats, [line(5_000, 700), line(3, 2)]);
  equal(restarted?.['disk_read_iops'], 'reset');
  equal(restarted?.['disk_rd_ms_per_s'], 'reset');
});
