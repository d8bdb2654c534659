import { columnsOf } from './counter-columns.ts';
import type { SecondOfHost } from './host.ts';

const columns = columnsOf([
  'rx_bytes_per_s',
  'tx_bytes_per_s',
  'rx_packets_per_s',
  'tx_packets_per_s',
  'rx_errors_per_s',
  'tx_errors_per_s',
  'rx_drops_per_s',
  'tx_drops_per_s',
  'net_line_rate_bytes_per_s',
  'net_utilization_ratio',
  'net_busiest_ratio',
  'net_busiest_bytes_per_s',
  'tcp_out_segments_per_s',
  'tcp_retransmits_per_s',
  'tcp_retransmit_ratio',
  'tcp_established_count',
]);

export const networkColumns: readonly number[] = Object.values(columns);

/** One interface a host; traffic follows requests and cannot exceed the line. */
export function fillNetwork(values: Float64Array, { hardware, behaviour, work, noise }: SecondOfHost): void {
  const line = hardware.lineRateBytesPerS;
  const rxBytes = Math.min(
    line,
    (20_000 + work.requestsPerS * behaviour.bytesInPerRequest) * (1 + 0.02 * Math.abs(noise())),
  );
  const txBytes = Math.min(
    line,
    (30_000 + work.requestsPerS * behaviour.bytesOutPerRequest) * (1 + 0.02 * Math.abs(noise())),
  );
  const txPackets = Math.round(txBytes / 900);
  const retransmits = Math.round(txPackets * 0.0003 * (1 + Math.abs(noise())));
  values[columns.rx_bytes_per_s] = rxBytes;
  values[columns.tx_bytes_per_s] = txBytes;
  values[columns.rx_packets_per_s] = Math.round(rxBytes / 500);
  values[columns.tx_packets_per_s] = txPackets;
  values[columns.rx_errors_per_s] = 0;
  values[columns.tx_errors_per_s] = 0;
  values[columns.rx_drops_per_s] = 0;
  values[columns.tx_drops_per_s] = 0;
  values[columns.net_line_rate_bytes_per_s] = line;
  values[columns.net_utilization_ratio] = Math.max(rxBytes, txBytes) / line;
  values[columns.net_busiest_ratio] = Math.max(rxBytes, txBytes) / line;
  values[columns.net_busiest_bytes_per_s] = rxBytes + txBytes;
  values[columns.tcp_out_segments_per_s] = txPackets;
  values[columns.tcp_retransmits_per_s] = retransmits;
  values[columns.tcp_retransmit_ratio] = txPackets === 0 ? 0 : Math.min(1, retransmits / txPackets);
  values[columns.tcp_established_count] = Math.round(300 + Math.sqrt(work.requestsPerS) * 20);
}
