import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/collect.ts';
import procInterrupts from './proc-interrupts.ts';

const route = { 'proc/net/route': 'Iface\tDestination\neth0\t00000000\t01\t0003\t0\t0\t0\t00000000\n' };
const table = (cpus: string, ...rows: string[]) => ({
  ...route,
  'proc/interrupts': `      ${cpus}\n${rows.join('\n')}\n`,
});

test('columns belong to the CPUs named in the head: one offline drops out, one new has no value yet', () => {
  const [first, second, third] = collect(procInterrupts, [
    table('CPU0 CPU1 CPU3', 'TLB: 100 900 50 TLB shootdowns'),
    table('CPU0 CPU3', 'TLB: 110 55 TLB shootdowns'),
    table('CPU0 CPU1 CPU3', 'TLB: 111 905 57 TLB shootdowns'),
  ]);
  equal(first?.['interrupts_tlb_shootdowns_per_s'], 'first_sample', 'not the sum since boot');
  equal(second?.['interrupts_tlb_shootdowns_per_s'], 15);
  equal(third?.['interrupts_tlb_shootdowns_per_s'], 3);
});

test('a CPU counter that wraps at 32 bits goes on', () => {
  const rows = [2 ** 32 - 10, 5].map((count) => table('CPU0', `TLB: ${count} TLB shootdowns`));
  equal(collect(procInterrupts, rows)[1]?.['interrupts_tlb_shootdowns_per_s'], 15);
});

test('an architecture without the row says so', () => {
  const moment = table('CPU0', 'IPI0: 5 Rescheduling interrupts');
  equal(collect(procInterrupts, [moment, moment])[1]?.['interrupts_tlb_shootdowns_per_s'], 'not_supported_arch');
});

const nicCases: [says: string, row: string, extra: Record<string, string>, link: string, perSecond: number | string][] =
  [
    ['by the name of the interface and its queues', 'eth0-TxRx-1', {}, '0000:5e:00.0', 7],
    ['not by a longer name', 'eth01', {}, '0000:5e:00.0', 'no_device'],
    ['by the virtio device behind it', 'virtio2-input.0', {}, 'virtio2', 7],
    ['not by another virtio device', 'virtio20-input.0', {}, 'virtio2', 'no_device'],
    ['by the PCI address in the name', 'mlx5_comp0@pci:0000:5e:00.0', {}, '0000:5e:00.0', 7],
    ['by its interrupt numbers in /sys', 'iwl', { 'sys/class/net/eth0/device/msi_irqs/60': '' }, '0000:5e:00.0', 7],
  ];
for (const [says, row, extra, link, perSecond] of nicCases)
  test(`rows of the primary interface are known ${says}`, () => {
    const moments = [0, 7].map((rise) => ({
      files: { ...table('CPU0 CPU1', ` 60: ${100 + rise} 3 PCI-MSI 1-edge ${row}`, ' 61: 5 5 x nvme0q1'), ...extra },
      links: { 'sys/class/net/eth0/device': link },
    }));
    equal(collect(procInterrupts, moments)[1]?.['interrupts_nic_per_s'], perSecond);
  });
