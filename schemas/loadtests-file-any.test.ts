import { test } from 'node:test';
import fc from 'fast-check';
import { faultsOf, goodLines, tierText } from './testing/load-tests-text.ts';

test('any text is a file of load tests or DYNO_USAGE_LOADTESTS', () => {
  const line = fc.oneof(
    fc.string(),
    fc.constantFrom('tiers:', '  - tier: web', '    hours: always', '    pools: [{ name: web-north }]', '    slo: {}'),
    fc.constantFrom(
      '    safe_weights: { a: 1 }',
      '    safe_weights: 1',
      '    panel: 3',
      '? [a]: b',
      '- *a',
      '&a',
      '{',
      '"',
    ),
  );
  const files = fc.array(line, { maxLength: 12 });
  fc.assert(
    fc.property(files, (lines) => {
      faultsOf(lines.join('\n'));
    }),
    { numRuns: 400 },
  );
});

test('a tier of any values is read or refused', () => {
  const value = fc.oneof(
    fc.json(),
    fc.constantFrom('', 'null', '.nan', '.inf', '-1', '1e400', '0x10', '~', '[[]]', '{a: }'),
  );
  const keys = fc.constantFrom(
    ...Object.keys(goodLines),
    'panel',
    'largest_share',
    'weight_max',
    'refresh_h',
    'steady_weights',
    'dry_run',
    'neighbours',
    'enabled',
  );
  fc.assert(
    fc.property(keys, value, (key, written) => {
      faultsOf(tierText({ [key]: written }));
    }),
    { numRuns: 400 },
  );
});
