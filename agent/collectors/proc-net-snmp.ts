import { defineCollector, type Readings, type Step } from '../collector.ts';
import { protocolNumbers } from '../protocol-tables.ts';
import { gauge, over, type Reading, rate } from '../readings.ts';
import { isBytes } from '../source-tree.ts';

export interface Snmp {
  readonly numbers: ReadonlyMap<string, number>;
}

const totals: Readonly<Record<string, string>> = {
  tcp_out_segments_per_s: 'Tcp.OutSegs',
  tcp_retransmits_per_s: 'Tcp.RetransSegs',
  tcp_active_opens_per_s: 'Tcp.ActiveOpens',
  tcp_passive_opens_per_s: 'Tcp.PassiveOpens',
  udp_in_datagrams_per_s: 'Udp.InDatagrams',
  udp_receive_errors_per_s: 'Udp.InErrors',
};

function derive({ previous, current, elapsedS }: Step<Snmp>): Readings {
  const perSecond = (name: string): Reading => {
    const now = current.numbers.get(name);
    return now === undefined
      ? 'not_supported_kernel'
      : rate({ previous: previous?.numbers.get(name), current: now, elapsedS });
  };
  return {
    ...Object.fromEntries(Object.entries(totals).map(([counter, name]) => [counter, perSecond(name)])),
    // A segment sent again is in OutSegs too on some kernels and not on others: a share above 1 means the latter.
    tcp_retransmit_ratio: over(perSecond('Tcp.RetransSegs'), perSecond('Tcp.OutSegs')),
    tcp_established_count: gauge(current.numbers.get('Tcp.CurrEstab')),
  };
}

export default defineCollector<Snmp>({
  name: 'proc-net-snmp',
  counters: [...Object.keys(totals), 'tcp_retransmit_ratio', 'tcp_established_count'],
  read: (tree) => {
    const bytes = tree.read('proc/net/snmp');
    return isBytes(bytes) ? { numbers: protocolNumbers(bytes) } : bytes;
  },
  derive,
});
