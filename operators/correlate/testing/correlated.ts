import { correlationFigures } from '../../../schemas/blocks.ts';
import { correlationPlan } from '../correlation-plan.ts';
import {
  type CorrelationWorkplace,
  correlationWorkplace,
  EntityCorrelations,
  type EntityRows,
} from '../entity-correlations.ts';

/** Midnight of a day, a whole hour and minute. */
export const startMs = Date.UTC(2026, 0, 1);
export const web = { tier: 'web', generation: '', host: '' };

export const workplaceOf = (options: Parameters<typeof correlationPlan>[0]): CorrelationWorkplace =>
  correlationWorkplace(correlationPlan(options));

const workplaces = new Map<number, CorrelationWorkplace>();

/** The correlation of two series in one window that holds them all: of its last point. */
export function correlated(
  xs: readonly number[],
  ys: readonly number[],
  options: { readonly intervalMs?: number; readonly windowMs?: number } = {},
): Figures {
  const { intervalMs = 1_000, windowMs = xs.length * intervalMs } = options;
  let workplace = workplaces.get(windowMs);
  if (workplace === undefined) {
    workplace = workplaceOf({
      metrics: ['x', 'y'],
      configured: [['x', 'y']],
      windowsMs: [windowMs],
      everyMs: intervalMs,
    });
    workplaces.set(windowMs, workplace);
  }
  const entity = new EntityCorrelations(web, workplace);
  for (const [i, x] of xs.entries()) entity.append(startMs + (i + 1) * intervalMs, Float64Array.of(x, ys[i]!));
  return figuresOf(entity.evaluate()!, 0);
}

export type Figures = Readonly<Record<(typeof correlationFigures)[number], number>>;

/** One row by the names of its figures; NaN = cannot be told. */
export const figuresOf = ({ figures, rows }: Pick<EntityRows, 'figures' | 'rows'>, row: number): Figures =>
  Object.fromEntries(correlationFigures.map((name, figure) => [name, figures[figure * rows + row]!])) as Figures;
