import { DynoError, hasCode } from '../../base/errors.ts';
import type { PlacedHost } from '../loadtests-file/check-topology.ts';
import { parseLoadTests } from '../loadtests-file.ts';

export const placed = (tier: string, pool: string, count: number): PlacedHost[] =>
  Array.from({ length: count }, (_, i) => {
    const host = `${tier}${i + 1}`;
    return { host, placement: { tier, pool, server: pool === '' ? '' : host } };
  });
const fleet = [...placed('web', 'web-north', 100), ...placed('feed', 'feed', 10), ...placed('hadoop', '', 20)];

export const parsed = (text: string, hosts: readonly PlacedHost[] = fleet) =>
  parseLoadTests({ file: 'loadtests.yaml', text }, hosts);

/** Everything that is wrong with the text, a sentence each. */
export function faultsOf(text: string, hosts?: readonly PlacedHost[]): readonly string[] {
  try {
    parsed(text, hosts);
  } catch (error) {
    if (!(error instanceof DynoError) || !hasCode(error, 'DYNO_USAGE_LOADTESTS')) throw error;
    const { faults } = error.details;
    return Array.isArray(faults) ? faults.map(String) : [error.message];
  }
  return [];
}

/** A good tier, a key a line, in which a case replaces a line or removes it. */
export const goodLines = {
  tier: 'web',
  pools: '[{ name: web-north, balancer: haproxy }]',
  slo: '{ p95_ms: 400, error_ratio: 0.01 }',
  hours: 'always',
  safe_weights: '100',
};
export const lineOfKey = (key: string): number => 2 + Object.keys(goodLines).indexOf(key);
export function tierText(changed: Readonly<Record<string, string | undefined>> = {}): string {
  const lines = Object.entries({ ...goodLines, ...changed }).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}: ${value}`],
  );
  return `tiers:\n${lines.map((line, i) => `${i === 0 ? '  - ' : '    '}${line}`).join('\n')}\n`;
}
