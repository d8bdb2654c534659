import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadServerTypes } from '../../schemas/server-types.ts';
import { rcuTable } from '../live/rcu-table.ts';
import { LiveFleet } from '../live-fleet.ts';
import type { ReadOnlyQuery } from '../read-only-query.ts';
import { type Overwatch, startOverwatch } from '../server.ts';
import { hostNames, type SyntheticTier, secondOf } from './synthetic-fleet.ts';
import { statusForTests } from './synthetic-program.ts';

export interface SyntheticOverwatch extends Overwatch {
  readonly fleet: LiveFleet;
  readonly tiers: readonly SyntheticTier[];
}

export interface SyntheticOverwatchOptions {
  readonly port?: number;
  /** Default: every query has the same small answer. */
  readonly queries?: ReadOnlyQuery;
  readonly steeredTiers?: readonly string[];
}

const sources = 4;

/**
 * For tests and for work on the page: Overwatch over tiers that follow a rule, one second each second, all but one host
 * marked as simulated. Not part of the product: `node dist/overwatch/testing/dev-server.js`.
 */
export async function startSyntheticOverwatch(
  tiers: readonly SyntheticTier[],
  options: SyntheticOverwatchOptions = {},
): Promise<SyntheticOverwatch> {
  const { port = 0, queries = answerAlike, steeredTiers } = options;
  const dataDir = await mkdtemp(join(tmpdir(), 'dyno-page-'));
  const fleet = new LiveFleet({
    epoch: 1,
    thisHost: thisHostForTests,
    rcuOf: rcuTable(loadServerTypes()),
  });
  for (const host of tiers.flatMap((tier) => tier.hosts))
    fleet.takeOrigin({ host, simulated: host !== thisHostForTests, unavailable: new Map() });
  let endMs = Math.floor(Date.now() / 1_000) * 1_000 - 302_000;
  const play = () => {
    while (endMs < Date.now() - 1_200) {
      endMs += 1_000;
      for (const message of secondOf(tiers, { endMs, sources })) fleet.take(0, message);
    }
  };
  play();
  const timer = setInterval(play, 200);
  const simulated = tiers.flatMap((tier) => tier.hosts).length - 1;
  const overwatch = await startOverwatch({
    host: '127.0.0.1',
    port,
    dataDir,
    version: '0.1.0',
    live: fleet,
    queries,
    steeredTiers,
    savedQueries: [
      {
        name: 'busiest-tiers',
        question: 'Which tiers are busiest now?',
        sql: 'SELECT tier FROM dynoscope.v_tier_now',
        params: [],
      },
    ],
    status: () => ({ ...statusForTests(), hosts: { alive: simulated + 1, simulated, real: 1, silent: [] } }),
  });
  return {
    ...overwatch,
    fleet,
    tiers,
    close: async () => {
      clearInterval(timer);
      await overwatch.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export const thisHostForTests = 'the-real-machine';

const answerForTests = {
  meta: [
    { name: 'tier', type: 'String' },
    { name: 'hosts', type: 'UInt64' },
  ],
  data: [['web.prod', '120']],
  rows: 1,
  statistics: { elapsed: 0.002, rows_read: 1 },
};

const answerAlike: ReadOnlyQuery = async () => ({
  contentType: 'application/json',
  body: JSON.stringify(answerForTests),
});

/** Tiers as the seed's screen has them, 240 hosts `times` over; `steady` = every second the same, so that a bar can be measured. */
export function tiersForTests(options: { steady: boolean; times?: number }): SyntheticTier[] {
  const named: readonly (readonly [service: string, tier: string, hosts: number, busy: number, generation: string])[] =
    [
      ['web', 'lbpool-slb.www', 60, 0.42, 'NHM'],
      ['multifeed_leaf', 'multifeed.leaf4.prod', 40, 0.56, 'WSM'],
      ['tao', 'tao.wcfollow', 32, 0.23, 'WSM'],
      ['unicorn', 'unicorn.index', 30, 0.35, 'SNB'],
      ['memcache', 'twmemcache', 26, 0.12, 'NHM'],
      ['zippydb', 'zippydb', 20, 0.3, 'Haswell'],
      ['laser', 'coefficient_db', 16, 0.48, 'SNB'],
      ['sigma', 'si_sigma', 12, 0.61, 'SNB'],
      ['shiv', 'tlb', 4, 0.2, 'NHM'],
    ];
  const tiers = named.map(([service, tier, count, busy, generation]): SyntheticTier => {
    const hosts = count * (options.times ?? 1);
    const spread = (index: number) => 0.7 + (0.6 * ((index * 7) % hosts)) / hosts;
    const wave = (second: number) =>
      options.steady ? 1 : 1 + 0.08 * Math.sin(second / 21) + 0.02 * Math.sin(second * 2.3);
    const isWeb = !['twmemcache', 'coefficient_db'].includes(tier);
    return {
      tier,
      service,
      hosts: hostNames(`${tier.split('.')[0]}-`, hosts),
      generation,
      cpu: (index, second) => Math.min(1, busy * spread(index) * wave(second)),
      ...(isWeb && {
        hitsPerS: (index: number, second: number) => 40 * spread(index) * wave(second),
        latencyMs: (_index: number, second: number) => (18 / (1 - busy)) * wave(second),
      }),
    };
  });
  const real: SyntheticTier = {
    tier: 'unassigned',
    service: '',
    hosts: [thisHostForTests],
    generation: '',
    cpu: (_index, second) => (options.steady ? 0.25 : 0.2 + 0.05 * Math.sin(second / 7)),
  };
  return [...tiers, real];
}

if (process.argv[1] === import.meta.filename) {
  const overwatch = await startSyntheticOverwatch(tiersForTests({ steady: false }), {
    port: Number(process.argv[2] ?? 0),
  });
  process.stdout.write(`${overwatch.url} shows synthetic tiers; Ctrl-C ends.\n`);
  process.once('SIGINT', () => void overwatch.close());
  process.once('SIGTERM', () => void overwatch.close());
}
