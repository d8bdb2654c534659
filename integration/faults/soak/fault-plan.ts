import { Random } from '../../../base/testing/random.ts';

/** What may be wrong with the records that hosts send. */
export const troubles = [
  'duplicates',
  'late',
  'out_of_order',
  'undecodable',
  'unknown_schemas',
  'skewed_clocks',
  'hosts_replaced',
  'hosts_silent',
] as const;
export type Trouble = (typeof troubles)[number];

export type SoakFault =
  | { readonly kind: 'records'; readonly trouble: Trouble; readonly forMs: number }
  | { readonly kind: 'broker_frozen'; readonly forMs: number }
  /** A second `windows` worker joins the group and leaves it again, in order or killed. */
  | { readonly kind: 'worker_joins'; readonly forMs: number; readonly leavesBy: 'SIGTERM' | 'SIGKILL' }
  /** A second worker is frozen beyond the session timeout, wakes as a zombie and is stopped. */
  | { readonly kind: 'worker_frozen'; readonly forMs: number }
  | { readonly kind: 'clickhouse_stage_killed'; readonly awayMs: number }
  | { readonly kind: 'clickhouse_away'; readonly forMs: number }
  | { readonly kind: 'answers_lost'; readonly inserts: number };

export interface PlannedFault {
  /** Rest before it. */
  readonly afterMs: number;
  readonly fault: SoakFault;
}

const gapMs = [20_000, 60_000] as const;
/** A short run has the same faults, closer together. */
const fullLengthMs = 1_800_000;

/** Faults without end, in an order of chance: each kind comes once before any comes again. */
export function* faultPlan(seed: number, durationMs: number): Generator<PlannedFault> {
  const random = new Random(seed);
  const pace = Math.min(1, Math.max(0.1, durationMs / fullLengthMs));
  const between = (lowMs: number, highMs: number): number => Math.round(random.between(lowMs, highMs));
  const draws: readonly (() => SoakFault)[] = [
    ...troubles.map((trouble) => () => ({ kind: 'records' as const, trouble, forMs: between(10_000, 30_000) })),
    () => ({ kind: 'broker_frozen', forMs: between(2_000, 9_000) }),
    () => ({
      kind: 'worker_joins',
      forMs: between(12_000, 30_000),
      leavesBy: random.pick(['SIGTERM', 'SIGKILL'] as const),
    }),
    () => ({ kind: 'worker_frozen', forMs: between(8_000, 12_000) }),
    () => ({ kind: 'clickhouse_stage_killed', awayMs: between(500, 8_000) }),
    () => ({ kind: 'clickhouse_away', forMs: between(5_000, 30_000) }),
    () => ({ kind: 'answers_lost', inserts: between(1, 6) }),
  ];
  for (;;)
    for (const draw of shuffled(draws, random))
      yield { afterMs: Math.round(random.between(...gapMs) * pace), fault: draw() };
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.between(0, last);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  return order;
}
