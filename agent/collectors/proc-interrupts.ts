import { ByteCursor } from '../byte-cursor.ts';
import { defineCollector, type Step } from '../collector.ts';
import { defaultRouteInterface } from '../network-interfaces.ts';
import { type Reading, rate, sumOf } from '../readings.ts';
import { isBytes, type SourceTree } from '../source-tree.ts';

/** Counts of one row by CPU id; each is 32 bits wide. */
export type InterruptRow = ReadonlyMap<number, number>;

export interface Interrupts {
  /** Undefined where the architecture has no such row. */
  readonly tlb: InterruptRow | undefined;
  readonly reschedule: InterruptRow | undefined;
  /** Rows of the primary interface by their label; undefined when no interface has the default route. */
  readonly nic: ReadonlyMap<string, InterruptRow> | undefined;
}

/** How rows of a network interface are known: by its interrupt numbers, or by words of the row's text. */
export interface NicRows {
  readonly irqs: ReadonlySet<string>;
  readonly names: readonly string[];
}

/** Columns belong to the CPUs that the first line names: those that are online, whatever their number. */
export function parseInterrupts(bytes: Uint8Array, nicRows: NicRows | undefined): Interrupts {
  const cursor = new ByteCursor(bytes);
  const cpuIds: number[] = [];
  while (!cursor.lineDone) cpuIds.push(Number(cursor.word().slice('CPU'.length)));
  const nic = new Map<string, InterruptRow>();
  let tlb: InterruptRow | undefined;
  let reschedule: InterruptRow | undefined;
  for (cursor.nextLine(); !cursor.done; cursor.nextLine()) {
    const label = cursor.before(':');
    if (label === 'TLB') tlb = rowOf(cursor, cpuIds);
    else if (label === 'RES') reschedule = rowOf(cursor, cpuIds);
    else if (label === undefined || nicRows === undefined) continue;
    else if (nicRows.irqs.has(label)) nic.set(label, rowOf(cursor, cpuIds));
    else if (nicRows.names.length > 0 && /^\d+$/.test(label)) {
      const row = rowOf(cursor, cpuIds);
      if (namesDevice(cursor, nicRows.names)) nic.set(label, row);
    }
  }
  return { tlb, reschedule, nic: nicRows === undefined ? undefined : nic };
}

function rowOf(cursor: ByteCursor, cpuIds: readonly number[]): InterruptRow {
  const row = new Map<number, number>();
  for (const id of cpuIds) row.set(id, cursor.integer());
  return row;
}

/** `eth0`, `eth0-TxRx-3`, `virtio2-input.0`, `mlx5_comp0@pci:0000:5e:00.0`, but not `eth01`. */
function namesDevice(cursor: ByteCursor, names: readonly string[]): boolean {
  while (!cursor.lineDone) {
    const word = cursor.word();
    for (const name of names) {
      const at = word.indexOf(name);
      if (at >= 0 && !isNamePart(word[at - 1]) && !isNamePart(word[at + name.length])) return true;
    }
  }
  return false;
}

const isNamePart = (character: string | undefined): boolean =>
  character !== undefined && /[A-Za-z0-9_.]/.test(character);

function primaryNicRows(tree: SourceTree): NicRows | undefined {
  const name = defaultRouteInterface(tree);
  if (name === undefined) return undefined;
  const device = tree.linkName(`sys/class/net/${name}/device`);
  return {
    irqs: new Set(tree.list(`sys/class/net/${name}/device/msi_irqs`)),
    names: device === undefined || device === 'device' ? [name] : [name, device],
  };
}

interface InterruptsRead extends Interrupts {
  readonly readsUntilNic: number;
}

/** The rows found before: a machine with many CPUs and devices has hundreds of others, whose text need not be read. */
const knownRows = ({ nic }: Interrupts): NicRows | undefined => nic && { irqs: new Set(nic.keys()), names: [] };

/** The primary interface and its rows are looked up anew after so many reads. */
const readsBetweenNics = 30;

function read(tree: SourceTree, previous: InterruptsRead | undefined): InterruptsRead | Exclude<Reading, number> {
  const lookUp = previous === undefined || previous.readsUntilNic <= 0;
  const nicRows = lookUp ? primaryNicRows(tree) : knownRows(previous);
  const bytes = tree.read('proc/interrupts');
  if (!isBytes(bytes)) return bytes;
  const readsUntilNic = lookUp ? readsBetweenNics : previous.readsUntilNic - 1;
  return { ...parseInterrupts(bytes, nicRows), readsUntilNic };
}

/** CPUs that were online at both reads. */
function rowRates(previous: InterruptRow | undefined, current: InterruptRow, elapsedS: number): Reading[] {
  return [...current].map(([cpu, count]) => rate({ previous: previous?.get(cpu), current: count, elapsedS, bits: 32 }));
}

export default defineCollector<InterruptsRead>({
  name: 'proc-interrupts',
  counters: ['interrupts_nic_per_s', 'interrupts_tlb_shootdowns_per_s', 'interrupts_reschedule_per_s'],
  read,
  derive: ({ previous, current, elapsedS }: Step<InterruptsRead>) => {
    const { tlb, reschedule, nic } = current;
    const nicRates = nic && [...nic].flatMap(([label, row]) => rowRates(previous?.nic?.get(label), row, elapsedS));
    return {
      interrupts_nic_per_s: sumOf(nicRates ?? [], 'no_device'),
      interrupts_tlb_shootdowns_per_s:
        tlb === undefined ? 'not_supported_arch' : sumOf(rowRates(previous?.tlb, tlb, elapsedS), 'implausible'),
      interrupts_reschedule_per_s:
        reschedule === undefined
          ? 'not_supported_arch'
          : sumOf(rowRates(previous?.reschedule, reschedule, elapsedS), 'implausible'),
    };
  },
});
