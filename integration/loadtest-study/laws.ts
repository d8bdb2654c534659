import { ContentionScore } from '../../cli/loadtest/contention-score.ts';
import { runSimulatedLoadTest } from '../../cli/loadtest/run-simulated-loadtest.ts';
import { aimd } from '../../operators/control/laws/aimd.ts';
import { fixedStep } from '../../operators/control/laws/fixed-step.ts';
import { gradient2 } from '../../operators/control/laws/gradient2.ts';
import type { Law, LawOutcome, LawSecond } from '../../operators/control/laws/law.ts';
import { SimulatedTier } from '../../simulate/loadtest/simulated-tier.ts';
import type { HostRow } from '../../simulate/loadtest/tier-telemetry.ts';
import { worldOptionsOf } from '../../simulate/loadtest/world-options.ts';
import { quantile } from '../bench/quantile.ts';

/**
 * `node dist/integration/loadtest-study/laws.js [runs] [first seed]`: our law beside those of others on the same seeds, a
 * line of a Markdown table for each law and generation. Laws that never end are stopped after 15 minutes.
 */
const runs = Number(process.argv[2] ?? 60);
const firstSeed = Number(process.argv[3] ?? 90_000);
const maxS = 900;

interface Result {
  /** answer ÷ truth − 1; undefined without an answer. */
  readonly error: number | undefined;
  /** Whether its 95 % interval holds the truth; undefined where a law has none. */
  readonly covers: boolean | undefined;
  readonly seconds: number;
  readonly max_contention_ms: number;
  readonly seconds_over_100: number;
  readonly seconds_over_150: number;
}

function runLaw<State>(law: Law<State>, generation: string, seed: number): Result {
  const options = worldOptionsOf({ generation, seed });
  const tier = new SimulatedTier(options);
  const score = new ContentionScore();
  let state = law.start;
  let factor = 1;
  let outcome: LawOutcome | undefined;
  let seconds = 0;
  while (seconds < maxS && outcome?.kind !== 'found') {
    const { panel } = tier.next(Array<number>(options.panelHosts).fill(weightOf(factor, options)));
    score.add(tier.truth);
    ({ state, factor, outcome } = law.step(state, meanOf(panel)));
    seconds++;
  }
  const answer = outcome?.capacityHitsPerS;
  const error = answer === undefined ? undefined : answer / tier.lambda100 - 1;
  return { error, covers: undefined, seconds, ...score.result() };
}

/** The weight by which a host of the panel gets so many times its natural load; the others have 100. */
function weightOf(
  factor: number,
  { tierHosts, panelHosts }: { readonly tierHosts: number; readonly panelHosts: number },
) {
  return (100 * factor * (tierHosts - panelHosts)) / Math.max(1, tierHosts - panelHosts * factor);
}

function meanOf(panel: readonly HostRow[]): LawSecond {
  const hits = panel.reduce((sum, { hitsPerS }) => sum + hitsPerS, 0);
  const durationMs = panel.reduce((sum, row) => sum + row.hitsPerS * (row.durationMs ?? 0), 0);
  return { hitsPerS: hits / panel.length, durationMs: hits === 0 ? undefined : durationMs / hits };
}

async function ours(generation: string, seed: number): Promise<Result> {
  const { error, outcome, estimate, truth, ...rest } = await runSimulatedLoadTest({ generation, seed, maxS });
  if (outcome !== 'found' || estimate === undefined) return { ...rest, error: undefined, covers: undefined };
  return { ...rest, error, covers: estimate.lo <= truth.lambda100 && truth.lambda100 <= estimate.hi };
}

const laws: Readonly<Record<string, (generation: string, seed: number) => Result | Promise<Result>>> = {
  'operators/control': ours,
  // Its steps are a share of what it is to find: the truth is the best guess that it could have.
  'fixed step, 5 % a minute': (generation, seed) => {
    const nominalHitsPerS = new SimulatedTier(worldOptionsOf({ generation, seed })).lambda100;
    return runLaw(fixedStep({ nominalHitsPerS }), generation, seed);
  },
  'AIMD, +1 % a second, × 0.9': (generation, seed) => runLaw(aimd, generation, seed),
  Gradient2: (generation, seed) => runLaw(gradient2, generation, seed),
};

process.stdout.write(
  '| law | generation | answers | bias % | error p50, p90 % | interval covers % | seconds p50 | worst contention p50, p90 ms | seconds over 100, 150 ms, p50 |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n',
);
for (const [name, run] of Object.entries(laws))
  for (const generation of ['VSS', 'NHM', 'SNB']) {
    const results: Result[] = [];
    for (let i = 0; i < runs; i++) results.push(await run(generation, firstSeed + i));
    process.stdout.write(`| ${name} | ${generation} | ${figuresOf(results).join(' | ')} |\n`);
  }

function figuresOf(results: readonly Result[]): string[] {
  const errors = results.flatMap(({ error }) => error ?? []);
  const percent = (ratio: number): string => (100 * ratio).toFixed(1);
  const of = (name: Exclude<keyof Result, 'error' | 'covers'>, q: number): string =>
    quantile(
      results.map((result) => result[name]),
      q,
    ).toFixed(0);
  const absolute = errors.map(Math.abs);
  const covers = results.flatMap((result) => result.covers ?? []);
  return [
    `${errors.length} of ${results.length}`,
    percent(errors.reduce((sum, error) => sum + error, 0) / errors.length),
    `${percent(quantile(absolute, 0.5))}, ${percent(quantile(absolute, 0.9))}`,
    covers.length === 0 ? 'none' : percent(covers.filter(Boolean).length / covers.length),
    of('seconds', 0.5),
    `${of('max_contention_ms', 0.5)}, ${of('max_contention_ms', 0.9)}`,
    `${of('seconds_over_100', 0.5)}, ${of('seconds_over_150', 0.5)}`,
  ];
}
