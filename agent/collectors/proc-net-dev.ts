import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector, type Readings, type Step } from '../collector.ts';
import { lineRateBytesPerS, physicalInterfaces } from '../network-interfaces.ts';
import { isValue, largestOf, over, type Reading, rate, sumOf } from '../readings.ts';
import { isBytes, type SourceTree } from '../source-tree.ts';

/** Positions in a line of /proc/net/dev, receive side first. */
const column = {
  rx: { bytes: 0, packets: 1, errors: 2, drops: 3 },
  tx: { bytes: 8, packets: 9, errors: 10, drops: 11 },
} as const;
const columnCount = 16;
const whats = ['packets', 'bytes', 'errors', 'drops'] as const;
const directions = ['rx', 'tx'] as const;

/** A driver may take long to say its speed: asked anew only after so many reads. */
const readsBetweenSpeeds = 30;
/** Above the line rate by more than a second's timing can explain, a reading is wrong. */
const lineRateExcess = 1.25;

interface Link {
  readonly fields: readonly number[];
  readonly lineRate: number | undefined;
}

export interface NetDev {
  readonly links: ReadonlyMap<string, Link>;
  readonly readsUntilSpeeds: number;
}

export function parseNetDev(bytes: Uint8Array): ReadonlyMap<string, readonly number[]> {
  const cursor = new ByteCursor(bytes);
  const interfaces = new Map<string, readonly number[]>();
  for (; !cursor.done; cursor.nextLine()) {
    const name = cursor.before(':');
    if (name === undefined) continue;
    const fields = new Array<number>(columnCount);
    for (let index = 0; index < columnCount; index++) fields[index] = cursor.integer();
    interfaces.set(name, fields);
  }
  return interfaces;
}

function read(tree: SourceTree, previous: NetDev | undefined): NetDev | Exclude<Reading, number> {
  const bytes = tree.read('proc/net/dev');
  if (!isBytes(bytes)) return bytes;
  const interfaces = parseNetDev(bytes);
  const askSpeeds = previous === undefined || previous.readsUntilSpeeds <= 0;
  const links = new Map<string, Link>();
  for (const name of physicalInterfaces(tree, [...interfaces.keys()])) {
    const known = previous?.links.get(name);
    const lineRate = askSpeeds || known === undefined ? lineRateBytesPerS(tree, name) : known.lineRate;
    links.set(name, { fields: interfaces.get(name) ?? [], lineRate });
  }
  return { links, readsUntilSpeeds: askSpeeds ? readsBetweenSpeeds : previous.readsUntilSpeeds - 1 };
}

function derive({ previous, current, elapsedS }: Step<NetDev>): Readings {
  const names = [...current.links.keys()];
  const perSecond = (name: string, index: number): Reading =>
    rate({
      previous: previous?.links.get(name)?.fields[index],
      current: current.links.get(name)?.fields[index] ?? Number.NaN,
      elapsedS,
    });
  const bytesPerS = (name: string, direction: 'rx' | 'tx'): Reading => {
    const lineRate = current.links.get(name)?.lineRate ?? Number.POSITIVE_INFINITY;
    const read = perSecond(name, column[direction].bytes);
    return isValue(read) && read > lineRate * lineRateExcess ? 'implausible' : read;
  };
  const totals = directions.flatMap((direction) =>
    whats.map((what): [string, Reading] => {
      const readings = names.map((name) =>
        what === 'bytes' ? bytesPerS(name, direction) : perSecond(name, column[direction][what]),
      );
      return [`${direction}_${what}_per_s`, sumOf(readings, 'no_device')];
    }),
  );
  const traffic = names.map((name) => {
    const byDirection = directions.map((direction) => bytesPerS(name, direction));
    const lineRate: Reading = current.links.get(name)?.lineRate ?? 'not_supported_hw';
    return { sum: sumOf(byDirection, 'no_device'), fuller: largestOf(byDirection, 'no_device'), lineRate };
  });
  const lineRates = sumOf(
    traffic.map(({ lineRate }) => lineRate),
    'no_device',
  );
  const total = Object.fromEntries(totals);
  const fuller = largestOf(
    [total['rx_bytes_per_s'] ?? 'no_device', total['tx_bytes_per_s'] ?? 'no_device'],
    'no_device',
  );
  const allRatesKnown = traffic.every(({ lineRate }) => isValue(lineRate));
  return {
    ...total,
    net_line_rate_bytes_per_s: lineRates,
    // Without the rate of one link the sum of the others would say too much.
    net_utilization_ratio: allRatesKnown ? over(fuller, lineRates) : 'not_supported_hw',
    net_busiest_ratio: largestOf(
      traffic.map((link) => over(link.fuller, link.lineRate)),
      'no_device',
    ),
    net_busiest_bytes_per_s: largestOf(
      traffic.map((link) => link.sum),
      'no_device',
    ),
  };
}

export default defineCollector<NetDev>({
  name: 'proc-net-dev',
  counters: [
    ...directions.flatMap((direction) => whats.map((what) => `${direction}_${what}_per_s`)),
    'net_line_rate_bytes_per_s',
    'net_utilization_ratio',
    'net_busiest_ratio',
    'net_busiest_bytes_per_s',
  ],
  read,
  derive,
});
