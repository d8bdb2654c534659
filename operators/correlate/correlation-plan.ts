export interface CorrelationPlanOptions {
  /** Names of the metrics of a point, in the order of its values; at most 16. */
  readonly metrics: readonly string[];
  /** Correlated with every emission: [x, y]. Pairs that name another metric have no values and are left out. */
  readonly configured: readonly (readonly [string, string])[];
  /** Window lengths, ascending. Default 60 s, 5 min, 1 h. */
  readonly windowsMs?: readonly number[];
  /** The configured pairs come with the first point of each second, all pairs with the first of each 10 s. */
  readonly everyMs?: number;
  readonly allPairsEveryMs?: number;
}

/** What is correlated, how long back and how often. Metrics and pairs are numbers below this. */
export interface CorrelationPlan {
  readonly metrics: readonly string[];
  /** Metric numbers of each pair: those configured first, as configured, then every other pair once, x before y. */
  readonly xs: Uint8Array;
  readonly ys: Uint8Array;
  readonly configuredPairs: number;
  readonly windowsMs: readonly number[];
  readonly everyMs: number;
  readonly allPairsEveryMs: number;
}

export function correlationPlan(options: CorrelationPlanOptions): CorrelationPlan {
  const {
    metrics,
    configured,
    windowsMs = [60_000, 300_000, 3_600_000],
    everyMs = 1_000,
    allPairsEveryMs = 10_000,
  } = options;
  const pairs = new Map<string, readonly [number, number]>();
  for (const [nameX, nameY] of configured) {
    const x = metrics.indexOf(nameX);
    const y = metrics.indexOf(nameY);
    if (x >= 0 && y >= 0 && x !== y) pairs.set(`${x},${y}`, [x, y]);
  }
  const configuredPairs = pairs.size;
  for (let x = 0; x < metrics.length; x++)
    for (let y = x + 1; y < metrics.length; y++)
      if (!pairs.has(`${x},${y}`) && !pairs.has(`${y},${x}`)) pairs.set(`${x},${y}`, [x, y]);
  const numbers = [...pairs.values()];
  return {
    metrics,
    xs: Uint8Array.from(numbers, ([x]) => x),
    ys: Uint8Array.from(numbers, ([, y]) => y),
    configuredPairs,
    windowsMs,
    everyMs,
    allPairsEveryMs,
  };
}
