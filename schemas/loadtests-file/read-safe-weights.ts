import type { CheckedValue } from '../../base/yaml/checked-value.ts';
import type { FaultList } from './fault-list.ts';
import type { SafeWeights } from './load-tests.ts';

interface SafeWeightBounds {
  readonly weightMax: number;
  readonly faults: FaultList;
}

/** One number for all servers, or a mapping of server to number. Each weight that is wrong is a fault of its own. */
export function readSafeWeights(value: CheckedValue, bounds: SafeWeightBounds): SafeWeights | undefined {
  const { parsed } = value;
  if (!(parsed instanceof Map)) return { kind: 'same', weight: weightIn(value, 'every server', bounds) };
  const written = [...(parsed as ReadonlyMap<string, { readonly value: CheckedValue }>)];
  if (written.length === 0)
    throw value.fault('safe_weights names no server; write one number for all, or one by server');
  const weights = new Map<string, number>();
  for (const [server, { value: weight }] of written) {
    const read = bounds.faults.collect(() => weightIn(weight, server, bounds));
    if (read !== undefined) weights.set(server, read);
  }
  return weights.size === written.length ? { kind: 'by_server', weights } : undefined;
}

/** A server of weight 0 gets nothing, so nothing could be measured; one over the most could not be restored. */
function weightIn(value: CheckedValue, server: string, { weightMax }: SafeWeightBounds): number {
  const weight = value.parsed;
  if (typeof weight === 'number' && Number.isInteger(weight) && weight >= 1 && weight <= weightMax) return weight;
  throw value.wrong(
    `a whole number from 1 to ${weightMax} (weight_max) for the safe weight of ${server}; ` +
      'write the weight that the balancer has between tests',
  );
}
