import type { FirstSafeWeights } from '../../sinks/loadbalancer/safe-weights.ts';
import { wrongUse } from './wrong-use.ts';

/** One weight for every server, or each with its own. Plain JSON: the parent hands it to its child. */
export type SafeWeightFlag = number | readonly (readonly [server: string, weight: number])[];

const range = { min: 1, max: 256 };
const expected = `a whole number from ${range.min} to ${range.max}, or NAME=NUMBER for each server with commas between them`;

/** `100`, or `s1=100,s2=40`. Throws DYNO_USAGE_BALANCER. */
export function safeWeightIn(text: string | undefined): SafeWeightFlag | undefined {
  if (text === undefined) return undefined;
  if (!text.includes('=')) return weightIn(text, text);
  const named = text.split(',').map((part): [string, number] => {
    const [, server, weight] = /^\s*([^\s=]+)=(\S+)\s*$/.exec(part) ?? [];
    if (server === undefined || weight === undefined)
      throw wrongUse(`--safe-weight has "${part}", expected ${expected}`);
    return [server, weightIn(weight, part)];
  });
  const twice = named.find(([server], at) => named.findIndex(([other]) => other === server) < at);
  if (twice !== undefined) throw wrongUse(`--safe-weight names ${twice[0]} twice`);
  return named;
}

function weightIn(text: string, part: string): number {
  const weight = Number(text);
  if (Number.isInteger(weight) && weight >= range.min && weight <= range.max) return weight;
  throw wrongUse(`--safe-weight is "${part}", expected ${expected}`);
}

/** As the adapter takes it. */
export const firstSafeWeightsOf = (flag: SafeWeightFlag | undefined): FirstSafeWeights | undefined =>
  typeof flag === 'object' ? new Map(flag) : flag;
