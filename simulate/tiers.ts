import type { Generation, ServerType } from './hardware.ts';

/** One row of the seed's comparison page, and how the simulator lets it behave. */
export interface TierSpec {
  readonly service: string;
  readonly tier: string;
  readonly product: string;
  readonly webRelated: boolean;
  readonly serverType: ServerType;
  /** Share of each generation among its hosts. */
  readonly generations: Readonly<Partial<Record<Generation, number>>>;
  /** First part of its host names. */
  readonly hostPrefix: string;
  readonly firstHostNumber: number;
  /** A team, never a person. */
  readonly owner: string;
  /** Share of a large fleet. */
  readonly weight: number;
  readonly behaviour: Behaviour;
}

/** Load of a tier: for web relative to λ100, for others the share of CPU time that is busy. */
export interface Behaviour {
  readonly loadMean: number;
  /** Half of the difference between the daily peak and the daily trough. */
  readonly loadSwing: number;
  /** Mean CPU time of a request. */
  readonly serviceMs: number;
  /** Part of a request's duration that is spent elsewhere. */
  readonly fixedMs: number;
  readonly kernelOfBusy: number;
  readonly memoryUsed: number;
  readonly bytesInPerRequest: number;
  readonly bytesOutPerRequest: number;
  /** Share of time that its disks and flash are busy at full load. */
  readonly storageBusy: number;
  readonly readsOfStorage: number;
}

const usual: Behaviour = {
  loadMean: 0.4,
  loadSwing: 0.12,
  serviceMs: 2,
  fixedMs: 1,
  kernelOfBusy: 0.15,
  memoryUsed: 0.6,
  bytesInPerRequest: 1_200,
  bytesOutPerRequest: 3_000,
  storageBusy: 0.06,
  readsOfStorage: 0.3,
};
const cache: Behaviour = {
  ...usual,
  serviceMs: 0.2,
  fixedMs: 0.1,
  kernelOfBusy: 0.55,
  memoryUsed: 0.9,
  bytesInPerRequest: 200,
  bytesOutPerRequest: 900,
  storageBusy: 0.01,
};
const store: Behaviour = {
  ...usual,
  serviceMs: 1.5,
  fixedMs: 2,
  kernelOfBusy: 0.3,
  storageBusy: 0.7,
  readsOfStorage: 0.75,
};
const balancer: Behaviour = {
  ...usual,
  serviceMs: 0.15,
  fixedMs: 0.3,
  kernelOfBusy: 0.6,
  memoryUsed: 0.3,
  bytesInPerRequest: 900,
  bytesOutPerRequest: 2_500,
  storageBusy: 0.01,
};
const ranker: Behaviour = { ...usual, serviceMs: 25, fixedMs: 5, kernelOfBusy: 0.08, memoryUsed: 0.75 };

/** 9.5 % kernel share and 32 ms outside the host's CPUs are the seed's and the load test notes' figures. */
const web: Behaviour = {
  ...usual,
  loadMean: 0.62,
  loadSwing: 0.2,
  serviceMs: 298,
  fixedMs: 32,
  kernelOfBusy: 0.095,
  memoryUsed: 0.7,
  bytesInPerRequest: 6_000,
  bytesOutPerRequest: 45_000,
  storageBusy: 0.1,
};

const flat = { Haswell: 0.5, Broadwell: 0.5 } as const;
const type1 = { Haswell: 0.6, Broadwell: 0.4 } as const;

type Line = readonly [
  service: string,
  tier: string,
  product: string,
  serverType: ServerType,
  hostPrefix: string,
  owner: string,
  weight: number,
  behaviour: Behaviour,
  webRelated?: boolean,
];

/**
 * Names of services and tiers are the seed's 20 rows. Product, server type, owner and behaviour are invented for the
 * simulation: the seed does not give them.
 */
const lines: readonly Line[] = [
  [
    'multifeed_aggregator2.prod',
    'multifeed.aggregator2.prod',
    'Facebook',
    'VI',
    'mfagg',
    'capacity-feed',
    14,
    { ...ranker, loadMean: 0.55 },
    true,
  ],
  [
    'unicorn',
    'unicorn.index',
    'Facebook',
    'VI',
    'unicorn',
    'capacity-search',
    14,
    { ...ranker, loadMean: 0.48, serviceMs: 12 },
    true,
  ],
  ['tao', 'tao.wcfollow', 'Facebook', 'VI', 'taowc', 'capacity-graph', 12, { ...cache, loadMean: 0.35 }, true],
  ['memcache', 'twmemcache', 'Facebook', 'VI', 'mc', 'capacity-cache', 16, { ...cache, loadMean: 0.3 }, true],
  ['zippydb', 'zippydb', 'Messenger', 'III', 'zippydb', 'capacity-storage', 10, { ...store, loadMean: 0.38 }],
  [
    'memcache',
    'twmemcache.production',
    'Facebook',
    'VI',
    'mcprod',
    'capacity-cache',
    12,
    { ...cache, loadMean: 0.33 },
    true,
  ],
  [
    'multifeed_leaf',
    'multifeed.leaf4.prod',
    'Facebook',
    'VI',
    'mfleaf',
    'capacity-feed',
    14,
    { ...ranker, loadMean: 0.6, serviceMs: 8 },
    true,
  ],
  [
    'scribeh',
    'sys.production.scribeh',
    'Facebook',
    'IV',
    'scribeh',
    'capacity-logs',
    8,
    { ...store, loadMean: 0.28, readsOfStorage: 0.2 },
  ],
  [
    'twasync',
    'sys.production.twasync',
    'Instagram',
    'I',
    'twasync',
    'capacity-async',
    10,
    { ...usual, loadMean: 0.72, loadSwing: 0.08, serviceMs: 40 },
  ],
  ['tao', 'tao.wildcard', 'Facebook', 'VI', 'tao', 'capacity-graph', 14, { ...cache, loadMean: 0.4 }, true],
  [
    'object20.prod',
    'multifeed.leaf4_object20.prod',
    'Facebook',
    'VI',
    'object',
    'capacity-feed',
    8,
    { ...ranker, loadMean: 0.42, serviceMs: 6 },
    true,
  ],
  [
    'dragon_hosts',
    'dragon_hosts',
    'Facebook',
    'VII',
    'dragon',
    'capacity-graph',
    6,
    { ...store, loadMean: 0.2, loadSwing: 0.05 },
  ],
  [
    'sigma',
    'si_sigma',
    'Instagram',
    'I',
    'sigma',
    'capacity-integrity',
    8,
    { ...ranker, loadMean: 0.5, serviceMs: 15 },
  ],
  ['traffic', 'slb', 'Facebook', 'I', 'slb', 'capacity-traffic', 8, { ...balancer, loadMean: 0.25 }, true],
  ['shiv', 'tlb', 'Internet.org', 'I', 'tlb', 'capacity-traffic', 6, { ...balancer, loadMean: 0.22 }],
  [
    'sigrid predictor',
    'sigrid.predictor',
    'Facebook',
    'VI',
    'sigrid',
    'capacity-ranking',
    10,
    { ...ranker, loadMean: 0.66 },
  ],
  [
    'laser',
    'coefficient_db',
    'Facebook',
    'III',
    'laser',
    'capacity-storage',
    8,
    { ...store, loadMean: 0.45, readsOfStorage: 0.95 },
  ],
  [
    'drake leaf',
    'drake.leaf',
    'Whatsapp',
    'VI',
    'drake',
    'capacity-messaging',
    8,
    { ...usual, loadMean: 0.36, serviceMs: 3 },
  ],
  [
    'up2x.read',
    'up2x.read.parent',
    'Oculus',
    'V',
    'up2x',
    'capacity-storage',
    8,
    { ...store, loadMean: 0.32, readsOfStorage: 0.97 },
  ],
];

/** All generations; NHM, the unit of an RCU, is the largest part, enough for a panel of eight. */
const webMix = {
  NHM: 0.28,
  VSS: 0.06,
  SC: 0.06,
  WSM: 0.14,
  XWSM: 0.12,
  SNB: 0.12,
  IVB: 0.08,
  Haswell: 0.08,
  Broadwell: 0.06,
} as const;

export const webTier = 'lbpool-slb.www';

export const tierSpecs: readonly TierSpec[] = [
  {
    service: 'web',
    tier: webTier,
    product: 'Facebook',
    webRelated: true,
    serverType: 'I',
    generations: webMix,
    hostPrefix: 'web',
    firstHostNumber: 12_222,
    owner: 'capacity-web',
    weight: 60,
    behaviour: web,
  },
  ...lines.map(tierOf),
];

function tierOf(line: Line): TierSpec {
  const [service, tier, product, serverType, hostPrefix, owner, weight, behaviour, webRelated = false] = line;
  const generations =
    serverType === 'V' ? { Avoton: 1 } : serverType === 'VII' ? { Haswell: 1 } : serverType === 'I' ? type1 : flat;
  return {
    service,
    tier,
    product,
    serverType,
    hostPrefix,
    owner,
    weight,
    behaviour,
    webRelated,
    generations,
    firstHostNumber: 1_001,
  };
}
