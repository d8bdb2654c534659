import { DynoError } from '../base/errors.ts';
import { serviceForWaitS } from './queueing.ts';

/** The seed's server types that the fleet has. */
export type ServerType = 'I' | 'III' | 'IV' | 'V' | 'VI' | 'VII';
export type Generation = 'VSS' | 'SC' | 'NHM' | 'WSM' | 'XWSM' | 'SNB' | 'IVB' | 'Haswell' | 'Broadwell' | 'Avoton';

/** One kind of machine. What the seed does not say is a model of this simulator, and marked. */
export interface Hardware {
  readonly cpuModel: string;
  readonly logicalCpus: number;
  readonly physicalCores: number;
  readonly sockets: number;
  readonly nominalHz: number;
  /** Model: instructions per cycle of a web hit. */
  readonly instructionsPerCycle: number;
  readonly memoryBytes: number;
  /** Model: 1 Gbit/s before 2012, 10 Gbit/s since. */
  readonly lineRateBytesPerS: number;
  /** Spinning and flash devices that are in use. */
  readonly disks: number;
  readonly flashes: number;
  readonly diskModel: string;
  readonly diskBytes: number;
  readonly serversPerRack: number;
}

/** A hit is paid with a mean wait of 100 ms at 48 hits/s × RCU: the definition of an RCU. */
const hitsPerRcu = 48;
const contentionS = 0.1;

interface GenerationLine {
  readonly cpuModel: string;
  readonly logicalCpus: number;
  readonly physicalCores: number;
  readonly sockets: number;
  readonly ghz: number;
  /** The seed's RCU; undefined where it withholds it (X). */
  readonly rcu: number | undefined;
  /** What the simulator takes for it; where the seed is silent this is invented and says nothing of real servers. */
  readonly modelRcu: number;
  readonly instructionsPerCycle: number;
  readonly gbitPerS: number;
}

const generation = (
  cpuModel: string,
  [logicalCpus, physicalCores, sockets]: readonly [number, number, number],
  [ghz, instructionsPerCycle, gbitPerS]: readonly [number, number, number],
  [rcu, modelRcu = rcu]: readonly [number | undefined, number?],
): GenerationLine => ({
  cpuModel,
  logicalCpus,
  physicalCores,
  sockets,
  ghz,
  rcu,
  modelRcu: modelRcu ?? 1,
  instructionsPerCycle,
  gbitPerS,
});

/** Type I web servers by generation: [CPUs, cores, sockets], [GHz, IPC, Gbit/s], [RCU, model's RCU where withheld]. */
const webGenerations: Readonly<Record<Exclude<Generation, 'Avoton'>, GenerationLine>> = {
  VSS: generation('L5420', [8, 8, 2], [2.5, 0.49, 1], [0.4]),
  SC: generation('L5420', [8, 8, 2], [2.5, 0.55, 1], [0.6]),
  NHM: generation('L5520', [16, 8, 2], [2.27, 0.621, 1], [1]),
  WSM: generation('L5639', [24, 12, 2], [2.13, 0.65, 1], [1.4]),
  XWSM: generation('X5650', [24, 12, 2], [2.67, 0.66, 1], [1.75]),
  SNB: generation('E5-2670', [32, 16, 2], [2.67, 0.74, 10], [2.42]),
  IVB: generation('E5-2680', [40, 20, 2], [2.8, 0.78, 10], [undefined, 3.1]),
  Haswell: generation('Haswell', [48, 24, 2], [2.5, 0.86, 10], [undefined, 3.9]),
  Broadwell: generation('Broadwell', [32, 16, 1], [1.8, 0.9, 10], [undefined, 2.6]),
};

export const webGenerationNames = Object.keys(webGenerations) as readonly Exclude<Generation, 'Avoton'>[];

export interface GenerationTruth {
  readonly generation: Generation;
  readonly logicalCpus: number;
  /** undefined = the seed withholds it. */
  readonly rcu: number | undefined;
  /** Hits/s at which the mean wait for a CPU is 100 ms. */
  readonly lambda100: number;
  /** Mean CPU time of a hit. */
  readonly serviceS: number;
}

/** What is true of a web server of this generation in the model: M/M/k that waits 100 ms at 48 hits/s × RCU. */
export function webTruth(name: Exclude<Generation, 'Avoton'>): GenerationTruth {
  const { logicalCpus, rcu, modelRcu } = webGenerations[name];
  const lambda100 = hitsPerRcu * modelRcu;
  const serviceS = serviceForWaitS({ servers: logicalCpus, arrivalsPerS: lambda100, waitS: contentionS });
  return { generation: name, logicalCpus, rcu, lambda100, serviceS };
}

const gigabyte = 2 ** 30;
const terabyte = 10 ** 12;

interface TypeLine {
  readonly memoryBytes: number;
  readonly disks: number;
  readonly flashes: number;
  readonly diskModel: string;
  readonly diskBytes: number;
  readonly perRack: Readonly<Partial<Record<Generation, number>>>;
}

const types: Readonly<Record<ServerType, TypeLine>> = {
  I: {
    memoryBytes: 32 * gigabyte,
    disks: 1,
    flashes: 0,
    diskModel: '500GB SATA',
    diskBytes: 0.5 * terabyte,
    perRack: { Broadwell: 120 },
  },
  III: {
    memoryBytes: 256 * gigabyte,
    disks: 0,
    flashes: 2,
    diskModel: '3.2TB Flash',
    diskBytes: 3.2 * terabyte,
    perRack: {},
  },
  IV: {
    memoryBytes: 128 * gigabyte,
    disks: 15,
    flashes: 0,
    diskModel: '4TB NL SAS',
    diskBytes: 4 * terabyte,
    perRack: { Haswell: 18, Broadwell: 18 },
  },
  V: {
    memoryBytes: 32 * gigabyte,
    disks: 30,
    flashes: 0,
    diskModel: '4TB NL SAS',
    diskBytes: 4 * terabyte,
    perRack: { Avoton: 9 },
  },
  VI: { memoryBytes: 256 * gigabyte, disks: 1, flashes: 1, diskModel: '2TB SAS', diskBytes: 2 * terabyte, perRack: {} },
  VII: {
    memoryBytes: 128 * gigabyte,
    disks: 16,
    flashes: 0,
    diskModel: '4TB',
    diskBytes: 4 * terabyte,
    perRack: { Haswell: 6 },
  },
};

/** CPUs of the types other than web: 2 × Haswell (12c), 2 × Broadwell (14c), 1 × Avoton (8c). */
const otherCpus: Readonly<Partial<Record<Generation, GenerationLine>>> = {
  Haswell: generation('2 x Haswell (12c)', [48, 24, 2], [2.5, 0.86, 10], [undefined]),
  Broadwell: generation('2 x Broadwell (14c)', [56, 28, 2], [2.4, 0.9, 10], [undefined]),
  Avoton: generation('Avoton (8c)', [8, 8, 1], [2.7, 0.55, 10], [undefined]),
};

export function hardwareOf(kind: { readonly serverType: ServerType; readonly generation: Generation }): Hardware {
  const type = types[kind.serverType];
  const webCpu = kind.generation === 'Avoton' ? undefined : webGenerations[kind.generation];
  const cpu = kind.serverType === 'I' ? webCpu : otherCpus[kind.generation];
  if (cpu === undefined)
    throw new DynoError(
      'DYNO_SIMULATE_NO_SUCH_SERVER',
      `the simulated fleet has no server of type ${kind.serverType} and generation ${kind.generation}; ` +
        `types other than I come as ${Object.keys(otherCpus).join(', ')}, type I as ${webGenerationNames.join(', ')}`,
      { details: kind },
    );
  return {
    cpuModel: cpu.cpuModel,
    logicalCpus: cpu.logicalCpus,
    physicalCores: cpu.physicalCores,
    sockets: cpu.sockets,
    nominalHz: cpu.ghz * 1e9,
    instructionsPerCycle: cpu.instructionsPerCycle,
    memoryBytes: type.memoryBytes,
    lineRateBytesPerS: (cpu.gbitPerS * 1e9) / 8,
    disks: type.disks,
    flashes: type.flashes,
    diskModel: type.diskModel,
    diskBytes: type.diskBytes,
    serversPerRack: type.perRack[kind.generation] ?? 30,
  };
}
