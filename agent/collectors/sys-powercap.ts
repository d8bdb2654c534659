import { defineCollector, type Step } from '../collector.ts';
import { isValue, over, type Reading, sumOf } from '../readings.ts';
import { numberIn, type SourceTree } from '../source-tree.ts';

interface Zone {
  readonly kind: 'package' | 'dram';
  readonly microjoules: Reading;
  /** Where the energy starts again from 0. */
  readonly rangeMicrojoules: number;
}

interface PowerZones {
  readonly zones: ReadonlyMap<string, Zone>;
}

const folder = 'sys/class/powercap';
const microjoulesPerJoule = 1_000_000;

function zoneOf(tree: SourceTree, name: string): Zone | undefined {
  const label = tree.text(`${folder}/${name}/name`);
  const kind = label.startsWith('package') ? 'package' : label === 'dram' ? 'dram' : undefined;
  if (kind === undefined) return undefined;
  const range = numberIn(tree, `${folder}/${name}/max_energy_range_uj`);
  return {
    kind,
    microjoules: numberIn(tree, `${folder}/${name}/energy_uj`),
    rangeMicrojoules: isValue(range) ? range : 0,
  };
}

/** Only `intel-rapl:N` and its subzones: `intel-rapl-mmio` shows the same packages a second time. */
function read(tree: SourceTree): PowerZones | 'not_supported_hw' {
  const zones = new Map<string, Zone>();
  for (const name of tree.list(folder).filter((name) => /^intel-rapl:\d+(:\d+)?$/.test(name))) {
    const zone = zoneOf(tree, name);
    if (zone !== undefined) zones.set(name, zone);
  }
  return zones.size === 0 ? 'not_supported_hw' : { zones };
}

function watts(previous: Zone | undefined, current: Zone, elapsedS: number): Reading {
  if (!isValue(current.microjoules)) return current.microjoules;
  if (previous === undefined || !isValue(previous.microjoules)) return 'first_sample';
  const difference = current.microjoules - previous.microjoules;
  const used = difference < 0 ? difference + current.rangeMicrojoules : difference;
  return used < 0 ? 'reset' : over(used / microjoulesPerJoule, elapsedS);
}

function powerOf({ previous, current, elapsedS }: Step<PowerZones>, kind: Zone['kind']): Reading {
  const zones = [...current.zones].filter(([, zone]) => zone.kind === kind);
  const readings = zones.map(([name, zone]) => watts(previous?.zones.get(name), zone, elapsedS));
  return sumOf(readings, 'not_supported_hw');
}

export default defineCollector<PowerZones>({
  name: 'sys-powercap',
  counters: ['package_power_watts', 'dram_power_watts'],
  read,
  derive: (step) => ({ package_power_watts: powerOf(step, 'package'), dram_power_watts: powerOf(step, 'dram') }),
});
