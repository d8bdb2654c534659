import { DynoError } from '../base/errors.ts';
import { generationNamed, loadServerTypes } from '../schemas/server-types.ts';
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

/** What the seed does not say of a generation: a model of this simulator. */
interface GenerationModel {
  readonly cpuModel: string;
  readonly physicalCores: number;
  readonly sockets: number;
  /** Instructions per cycle of a web hit. */
  readonly instructionsPerCycle: number;
  readonly gbitPerS: number;
  /** Taken for the RCU where the seed withholds it (X): invented, says nothing of real servers. */
  readonly inventedRcu?: number;
}

export type WebGeneration = Exclude<Generation, 'Avoton'>;

/** Logical CPUs, GHz and RCU come from `schemas/server-types.yaml`. */
const webGenerations: Readonly<Record<WebGeneration, GenerationModel>> = {
  VSS: { cpuModel: 'L5420', physicalCores: 8, sockets: 2, instructionsPerCycle: 0.49, gbitPerS: 1 },
  SC: { cpuModel: 'L5420', physicalCores: 8, sockets: 2, instructionsPerCycle: 0.55, gbitPerS: 1 },
  NHM: { cpuModel: 'L5520', physicalCores: 8, sockets: 2, instructionsPerCycle: 0.621, gbitPerS: 1 },
  WSM: { cpuModel: 'L5639', physicalCores: 12, sockets: 2, instructionsPerCycle: 0.65, gbitPerS: 1 },
  XWSM: { cpuModel: 'X5650', physicalCores: 12, sockets: 2, instructionsPerCycle: 0.66, gbitPerS: 1 },
  SNB: { cpuModel: 'E5-2670', physicalCores: 16, sockets: 2, instructionsPerCycle: 0.74, gbitPerS: 10 },
  IVB: {
    cpuModel: 'E5-2680',
    physicalCores: 20,
    sockets: 2,
    instructionsPerCycle: 0.78,
    gbitPerS: 10,
    inventedRcu: 3.1,
  },
  Haswell: {
    cpuModel: 'Haswell',
    physicalCores: 24,
    sockets: 2,
    instructionsPerCycle: 0.86,
    gbitPerS: 10,
    inventedRcu: 3.9,
  },
  Broadwell: {
    cpuModel: 'Broadwell',
    physicalCores: 16,
    sockets: 1,
    instructionsPerCycle: 0.9,
    gbitPerS: 10,
    inventedRcu: 2.6,
  },
};

const tables = loadServerTypes();

export const webGenerationNames = Object.keys(webGenerations) as readonly WebGeneration[];

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
export function webTruth(generation: WebGeneration): GenerationTruth {
  const { logicalCpus, rcu } = tableLine(generation);
  const lambda100 = hitsPerRcu * (rcu ?? webGenerations[generation].inventedRcu ?? 1);
  const serviceS = serviceForWaitS({ servers: logicalCpus, arrivalsPerS: lambda100, waitS: contentionS });
  return { generation, logicalCpus, rcu, lambda100, serviceS };
}

function tableLine(generation: WebGeneration) {
  const line = generationNamed(tables, generation);
  if (line === undefined) throw noSuchServer({ serverType: 'I', generation });
  return { logicalCpus: line.logicalCpus ?? line.realCores ?? 1, ghz: line.ghz, rcu: line.rcu };
}

const gigabyte = 2 ** 30;
const terabyte = 10 ** 12;

interface TypeModel {
  readonly memoryBytes: number;
  readonly disks: number;
  readonly flashes: number;
  readonly diskModel: string;
  readonly diskBytes: number;
}

/** Memory and disks of the seed's cells (2015), in numbers; of VII the 16 disks that are active. */
const types: Readonly<Record<ServerType, TypeModel>> = {
  I: { memoryBytes: 32 * gigabyte, disks: 1, flashes: 0, diskModel: '500GB SATA', diskBytes: 0.5 * terabyte },
  III: { memoryBytes: 256 * gigabyte, disks: 0, flashes: 2, diskModel: '3.2TB Flash', diskBytes: 3.2 * terabyte },
  IV: { memoryBytes: 128 * gigabyte, disks: 15, flashes: 0, diskModel: '4TB NL SAS', diskBytes: 4 * terabyte },
  V: { memoryBytes: 32 * gigabyte, disks: 30, flashes: 0, diskModel: '4TB NL SAS', diskBytes: 4 * terabyte },
  VI: { memoryBytes: 256 * gigabyte, disks: 1, flashes: 1, diskModel: '2TB SAS', diskBytes: 2 * terabyte },
  VII: { memoryBytes: 128 * gigabyte, disks: 16, flashes: 0, diskModel: '4TB', diskBytes: 4 * terabyte },
};

type Cpu = Omit<GenerationModel, 'inventedRcu'> & { readonly logicalCpus: number; readonly ghz: number };

/** CPUs of the types other than web. */
const otherCpus: Readonly<Partial<Record<Generation, Cpu>>> = {
  Haswell: { ...webGenerations.Haswell, cpuModel: '2 x Haswell (12c)', logicalCpus: 48, ghz: 2.5 },
  Broadwell: {
    ...webGenerations.Broadwell,
    cpuModel: '2 x Broadwell (14c)',
    sockets: 2,
    physicalCores: 28,
    logicalCpus: 56,
    ghz: 2.4,
  },
  Avoton: {
    cpuModel: 'Avoton (8c)',
    physicalCores: 8,
    sockets: 1,
    instructionsPerCycle: 0.55,
    gbitPerS: 10,
    logicalCpus: 8,
    ghz: 2.7,
  },
};

export interface ServerKind {
  readonly serverType: ServerType;
  readonly generation: Generation;
}

export function hardwareOf(kind: ServerKind): Hardware {
  const cpu = cpuOf(kind);
  return {
    ...types[kind.serverType],
    cpuModel: cpu.cpuModel,
    logicalCpus: cpu.logicalCpus,
    physicalCores: cpu.physicalCores,
    sockets: cpu.sockets,
    nominalHz: cpu.ghz * 1e9,
    instructionsPerCycle: cpu.instructionsPerCycle,
    lineRateBytesPerS: (cpu.gbitPerS * 1e9) / 8,
    serversPerRack: perRack(kind),
  };
}

function cpuOf(kind: ServerKind): Cpu {
  const { serverType, generation } = kind;
  if (serverType === 'I' && generation !== 'Avoton') return { ...webGenerations[generation], ...tableLine(generation) };
  const cpu = serverType === 'I' ? undefined : otherCpus[generation];
  if (cpu === undefined) throw noSuchServer(kind);
  return cpu;
}

/** Racks of 2017 hold Broadwell servers, those of 2015 all older ones. */
function perRack({ serverType, generation }: ServerKind): number {
  const year = generation === 'Broadwell' ? 2017 : 2015;
  const line = tables.serverTypes.find((candidate) => candidate.type === serverType && candidate.year === year);
  return line?.serversPerRack ?? 30;
}

const noSuchServer = (kind: ServerKind): DynoError =>
  new DynoError(
    'DYNO_SIMULATE_NO_SUCH_SERVER',
    `the simulated fleet has no server of type ${kind.serverType} and generation ${kind.generation}; ` +
      `types other than I come as ${Object.keys(otherCpus).join(', ')}, type I as ${webGenerationNames.join(', ')}`,
    { details: { ...kind } },
  );
