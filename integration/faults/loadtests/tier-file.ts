import type { Random } from '../../../base/testing/random.ts';
import type { LoadTests } from '../../../schemas/loadtests-file/load-tests.ts';
import { parseLoadTests } from '../../../schemas/loadtests-file.ts';

/** Lines of one tier by their key. */
export type TierLines = Readonly<Record<string, string>>;

export const fileWeight = 100;

const always: TierLines = {
  slo: '{ p95_ms: 60000, error_ratio: 0.01 }',
  hours: 'always',
  safe_weights: String(fileWeight),
  bake_minutes: '0',
};

/** What an operator changes in it, one thing at a time. */
const edits: readonly (TierLines | 'removed')[] = [
  'removed',
  { enabled: 'false' },
  { dry_run: 'true' },
  { dry_run: 'false' },
  { steady_weights: 'by_capacity' },
  { steady_weights: 'observe' },
  { weight_max: '150' },
  { weight_max: '256' },
  { slo: '{ p95_ms: 400, error_ratio: 0.002 }' },
  { panel: '1' },
  { safe_weights: '90' },
];

/** `loadtests.yaml` of a world: who starts a controller starts it with what stands there then. */
export class TierFile {
  readonly #base: ReadonlyMap<string, TierLines>;
  readonly #now: Map<string, TierLines>;
  #wasEdited = false;

  constructor(tiers: ReadonlyMap<string, TierLines>) {
    this.#base = tiers;
    this.#now = new Map(tiers);
  }

  read(): LoadTests {
    if (this.#now.size === 0) return { tiers: [] };
    const entries = [...this.#now].map(([tier, lines]) => textOf(tier, lines));
    return parseLoadTests({ file: 'loadtests.yaml', text: `tiers:\n${entries.join('')}` });
  }

  /** One change of chance; tiers that name each other stay, as a file without one of them is refused. */
  edit(tier: string, random: Random): void {
    this.#wasEdited = true;
    const edit = random.pick(edits);
    const lines = this.#now.get(tier) ?? this.#base.get(tier)!;
    if (edit !== 'removed') this.#now.set(tier, { ...lines, ...edit });
    else if (lines['neighbours'] === undefined) this.remove(tier);
  }

  remove(tier: string): void {
    this.#wasEdited = true;
    this.#now.delete(tier);
  }

  set(tier: string, lines: TierLines): void {
    this.#wasEdited = true;
    this.#now.set(tier, { ...this.#base.get(tier), ...lines });
  }

  /** As it was at first; answers whether it was ever another one. */
  restore(): boolean {
    for (const [tier, lines] of this.#base) this.#now.set(tier, lines);
    return this.#wasEdited;
  }
}

function textOf(tier: string, lines: TierLines): string {
  const all = { pools: `[{ name: ${tier}-pool, balancer: simulated }]`, ...always, ...lines };
  const text = Object.entries(all).map(([key, value]) => `    ${key}: ${value}\n`);
  return `  - tier: ${tier}\n${text.join('')}`;
}
