import { defineCollector } from '../collector.ts';
import { largestOf, type Reading, times } from '../readings.ts';
import { numberIn, type SourceTree } from '../source-tree.ts';

const folder = 'sys/class/hwmon';
const cpuSensors = new Set(['coretemp', 'k10temp', 'zenpower']);

/** Thousandths of a degree. */
function sensorsOf(tree: SourceTree, monitor: string): Reading[] {
  if (!cpuSensors.has(tree.text(`${folder}/${monitor}/name`))) return [];
  const inputs = tree.list(`${folder}/${monitor}`).filter((file) => /^temp\d+_input$/.test(file));
  return inputs.map((file) => numberIn(tree, `${folder}/${monitor}/${file}`));
}

export default defineCollector<{ readonly sensors: readonly Reading[] }>({
  name: 'sys-hwmon',
  counters: ['cpu_temperature_celsius'],
  everySamples: 10,
  read: (tree) => ({ sensors: tree.list(folder).flatMap((monitor) => sensorsOf(tree, monitor)) }),
  derive: ({ current }) => ({ cpu_temperature_celsius: times(largestOf(current.sensors, 'not_supported_hw'), 1e-3) }),
});
