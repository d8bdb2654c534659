import { DynoError } from '../../../base/errors.ts';
import type { Weights } from '../../../schemas/weight-state.ts';

/** A text with places for weights: literal, place, literal, place, …, literal. */
export interface WeightTemplate {
  readonly literals: readonly string[];
  /** Server of each place; one less than the literals. */
  readonly places: readonly string[];
}

const place = /\{\{weight ([\w.:@-]+)\}\}/;

/**
 * `server 10.0.0.1:8080 weight={{weight s1}};` has one place. A server may have several (two upstreams). Throws
 * DYNO_BALANCER_OPTIONS for a text without places, a place that is not understood, or one whose number could not be told
 * from what stands beside it.
 */
export function parseTemplate(text: string): WeightTemplate {
  const pieces = text.split(place);
  const literals = pieces.filter((_, index) => index % 2 === 0);
  const places = pieces.filter((_, index) => index % 2 === 1);
  if (places.length === 0) throw wrong('has no {{weight NAME}}');
  for (const [index, literal] of literals.entries()) {
    if (literal.includes('{{')) throw wrong(`has a place that is not {{weight NAME}}: ${lineAt(literal, '{{')}`);
    const inner = index > 0 && index < literals.length - 1;
    const touches = (index > 0 && /^\d/.test(literal)) || (index < literals.length - 1 && /\d$/.test(literal));
    if (touches || (inner && literal === ''))
      throw wrong(`has a digit or another place beside that of ${places[Math.min(index, places.length - 1)]}`);
  }
  return { literals, places };
}

/** Throws DYNO_BALANCER_OPTIONS unless the weights are whole and name exactly the template's servers. */
export function render({ literals, places }: WeightTemplate, weights: Weights): string {
  const stranger = [...weights.keys()].find((server) => !places.includes(server));
  if (stranger !== undefined) throw wrong(`has no place for ${stranger}`);
  return literals.reduce((text, literal, index) => {
    const server = places[index - 1] ?? '';
    const weight = weights.get(server);
    if (weight === undefined) throw wrong(`has a place for ${server}, which the weights do not name`);
    if (!Number.isInteger(weight) || weight < 1) throw wrong(`cannot take the weight ${weight} of ${server}`);
    return `${text}${weight}${literal}`;
  });
}

/** The weights in a text that `render` could have made; undefined = it could not. */
export function weightsIn({ literals, places }: WeightTemplate, text: string): Weights | undefined {
  const weights = new Map<string, number>();
  let rest = text;
  for (const [index, literal] of literals.entries()) {
    if (!rest.startsWith(literal)) return undefined;
    rest = rest.slice(literal.length);
    const server = places[index];
    if (server === undefined) break;
    const digits = /^[1-9]\d{0,8}(?!\d)/.exec(rest)?.[0];
    if (digits === undefined || (weights.get(server) ?? Number(digits)) !== Number(digits)) return undefined;
    weights.set(server, Number(digits));
    rest = rest.slice(digits.length);
  }
  return rest === '' ? weights : undefined;
}

const lineAt = (text: string, mark: string): string => text.slice(text.indexOf(mark)).split('\n')[0]!.slice(0, 80);

const wrong = (what: string): DynoError => new DynoError('DYNO_BALANCER_OPTIONS', `the template of weights ${what}`);
