import type { CounterDefinition } from '../counter.ts';
import { countersOf } from './define.ts';

const { gauge, rate, ratio } = countersOf('network');

/** Sums over physical interfaces: no loopback, bridges, bonds or tunnels, so nothing is counted twice. */
const traffic = (['rx', 'tx'] as const).flatMap((direction) =>
  (['packets', 'bytes', 'errors', 'drops'] as const).map((what) =>
    rate(`${direction}_${what}_per_s`, {
      summary: `${direction === 'rx' ? 'Received' : 'Sent'} ${what} per second, all physical interfaces.`,
      source: '/proc/net/dev',
      seedLabel: `Tx/Rx ${what}`,
      seedName: `${direction}_${what}`,
    }),
  ),
);

const interfaces: readonly CounterDefinition[] = [
  ratio('net_utilization_ratio', {
    summary: 'Traffic of the fuller direction divided by the line rate of all physical interfaces.',
    source: '/proc/net/dev, /sys/class/net/*/speed',
  }),
  ratio('net_busiest_ratio', {
    summary: 'Traffic of the fuller direction divided by line rate, on the busiest interface.',
    source: '/proc/net/dev, /sys/class/net/*/speed',
  }),
  rate('net_busiest_bytes_per_s', {
    summary: 'Bytes per second, both directions, of the interface with the most.',
    source: '/proc/net/dev',
  }),
  gauge('net_line_rate_bytes_per_s', {
    aggregation: 'last',
    summary: 'Line rate of all physical interfaces that are up, one direction.',
    source: '/sys/class/net/*/speed',
  }),
];

const tcp: readonly CounterDefinition[] = [
  rate('tcp_out_segments_per_s', { summary: 'TCP segments sent per second.', source: '/proc/net/snmp Tcp OutSegs' }),
  rate('tcp_retransmits_per_s', {
    summary: 'TCP segments sent again per second.',
    source: '/proc/net/snmp Tcp RetransSegs',
  }),
  ratio('tcp_retransmit_ratio', {
    summary: 'TCP segments sent again divided by segments sent.',
    source: '/proc/net/snmp Tcp RetransSegs / OutSegs',
  }),
  rate('tcp_active_opens_per_s', {
    summary: 'TCP connections opened per second by this host.',
    source: '/proc/net/snmp Tcp ActiveOpens',
  }),
  rate('tcp_passive_opens_per_s', {
    summary: 'TCP connections accepted per second.',
    source: '/proc/net/snmp Tcp PassiveOpens',
  }),
  gauge('tcp_established_count', { summary: 'TCP connections established.', source: '/proc/net/snmp Tcp CurrEstab' }),
  rate('tcp_listen_overflows_per_s', {
    summary: 'Connections per second refused because an accept queue was full.',
    source: '/proc/net/netstat TcpExt ListenOverflows',
  }),
  rate('tcp_listen_drops_per_s', {
    summary: 'Connection requests dropped per second by listening sockets.',
    source: '/proc/net/netstat TcpExt ListenDrops',
  }),
  gauge('tcp_sockets_count', { summary: 'TCP sockets in use.', source: '/proc/net/sockstat TCP inuse' }),
  gauge('tcp_time_wait_count', { summary: 'TCP sockets in TIME-WAIT.', source: '/proc/net/sockstat TCP tw' }),
  gauge('tcp_orphans_count', { summary: 'TCP sockets without a process.', source: '/proc/net/sockstat TCP orphan' }),
];

const restOfStack: readonly CounterDefinition[] = [
  gauge('sockets_count', { summary: 'Sockets in use.', source: '/proc/net/sockstat sockets used' }),
  rate('udp_in_datagrams_per_s', {
    summary: 'UDP datagrams received per second.',
    source: '/proc/net/snmp Udp InDatagrams',
  }),
  rate('udp_receive_errors_per_s', {
    summary: 'UDP datagrams per second that could not be delivered, full buffers included.',
    source: '/proc/net/snmp Udp InErrors',
  }),
  rate('softnet_dropped_per_s', {
    summary: 'Packets per second dropped because a receive queue was full.',
    source: '/proc/net/softnet_stat column 2',
  }),
  rate('softnet_squeezed_per_s', {
    summary: 'Times per second that receive processing ran out of budget.',
    source: '/proc/net/softnet_stat column 3',
  }),
];

/** Network: interfaces, TCP, and the kernel's receive path. */
export const networkCounters: readonly CounterDefinition[] = [...traffic, ...interfaces, ...tcp, ...restOfStack];
