import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { collect } from '../testing/collect.ts';
import procNetDev from './proc-net-dev.ts';

const head = 'Inter-|   Receive |  Transmit\n face |bytes packets errs drop fifo frame compressed multicast|bytes …\n';
/** rx bytes, packets, errors, drops; tx bytes, packets, errors, drops */
const line = (name: string, [a, b, c, d, e, f, g, h]: readonly (number | bigint)[]) =>
  `  ${name}:${a} ${b} ${c} ${d} 0 0 0 0 ${e} ${f} ${g} ${h} 0 0 0 0\n`;
const none = [0, 0, 0, 0, 0, 0, 0, 0];
const eth0 = { 'sys/class/net/eth0/device/vendor': 'x', 'sys/class/net/eth0/speed': '1000' };
const devices = (...lines: string[]) => ({ 'proc/net/dev': head + lines.join('') });

test('physical interfaces are summed; loopback and bridges are not counted twice', () => {
  const [, second] = collect(procNetDev, [
    { ...eth0, ...devices(line('lo', none), line('eth0', none), line('br0', none)) },
    {
      ...eth0,
      ...devices(
        line('lo', [9, 9, 9, 9, 9, 9, 9, 9]),
        line('eth0', [1000, 10, 1, 2, 62_500_000, 5, 3, 4]),
        line('br0', [1, 1, 1, 1, 1, 1, 1, 1]),
      ),
    },
  ]);
  equal(second?.['rx_bytes_per_s'], 1_000);
  equal(second?.['rx_errors_per_s'], 1);
  equal(second?.['tx_drops_per_s'], 4);
  equal(second?.['net_utilization_ratio'], 0.5);
  equal(second?.['net_busiest_bytes_per_s'], 62_501_000);
});

test('a new interface has no value yet, not a rise from zero', () => {
  const both = { ...eth0, 'sys/class/net/eth1/device/vendor': 'x' };
  const [, second] = collect(procNetDev, [
    { ...eth0, ...devices(line('eth0', none)) },
    { ...both, ...devices(line('eth0', [500, 0, 0, 0, 0, 0, 0, 0]), line('eth1', [8_000_000, 9, 9, 9, 9, 9, 9, 9])) },
  ]);
  equal(second?.['rx_bytes_per_s'], 500);
  equal(second?.['net_utilization_ratio'], 'not_supported_hw', 'the rate of eth1 is not known');
});

test('more bytes than the line can carry are implausible', () => {
  const moment = (bytes: number) => ({ ...eth0, ...devices(line('eth0', [bytes, 0, 0, 0, 0, 0, 0, 0])) });
  equal(collect(procNetDev, [moment(0), moment(125_000_000)])[1]?.['rx_bytes_per_s'], 125_000_000);
  equal(collect(procNetDev, [moment(0), moment(900_000_000)])[1]?.['rx_bytes_per_s'], 'implausible');
});

test('bytes go on after the 64-bit wrap', () => {
  const moment = (bytes: bigint) => ({ ...eth0, ...devices(line('eth0', [bytes, 0, 0, 0, 0, 0, 0, 0])) });
  equal(collect(procNetDev, [moment(2n ** 64n - 300n), moment(700n)])[1]?.['rx_bytes_per_s'], 1_000);
});

test('in a container the interface of the default route stands for the hardware it cannot see', () => {
  const route = { 'proc/net/route': 'Iface\tDestination\neth0\t00000000\t01\t0003\t0\t0\t0\t00000000\n' };
  const moment = (bytes: number) => ({
    ...route,
    ...devices(line('lo', none), line('eth0', [bytes, 0, 0, 0, 0, 0, 0, 0])),
  });
  equal(collect(procNetDev, [moment(0), moment(70)])[1]?.['rx_bytes_per_s'], 70);
});

test('a virtual card that does not know its speed has traffic and no utilization', () => {
  const virtual = { 'sys/class/net/eth0/device/vendor': 'x', 'sys/class/net/eth0/speed': '-1' };
  const [, second] = collect(procNetDev, [
    { ...virtual, ...devices(line('eth0', none)) },
    { ...virtual, ...devices(line('eth0', [5, 0, 0, 0, 0, 0, 0, 0])) },
  ]);
  equal(second?.['rx_bytes_per_s'], 5);
  equal(second?.['net_line_rate_bytes_per_s'], 'not_supported_hw');
});
