import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { backfillIn } from './backfill-options.ts';

const live = { epoch: 1 };
const options = { workers: '1', from: '2026-11-23T10:17:03Z', to: '2026-11-23T12:00:05Z', epoch: '2' };

test('a backfill begins at a whole hour and ends at a whole ten seconds', () => {
  deepEqual(backfillIn(options, ['windows'], live), {
    range: { fromMs: Date.parse('2026-11-23T10:00:00Z'), toMs: Date.parse('2026-11-23T12:00:10Z') },
    epoch: 2,
  });
});

test('a moment without a zone is UTC', () => {
  deepEqual(
    backfillIn({ ...options, from: '2026-11-23T10:17:03' }, ['windows'], live),
    backfillIn(options, ['windows'], live),
  );
});

test('without its options there is no backfill', () => {
  equal(backfillIn({ workers: '2' }, ['windows'], live), undefined);
});

const wrong: [says: string, options: Record<string, string>][] = [
  ['no end', { workers: '1', from: options.from, epoch: '2' }],
  ['the live epoch', { ...options, epoch: '1' }],
  ['no whole epoch', { ...options, epoch: '1.5' }],
  ['a range backwards', { ...options, to: '2026-11-23T09:00:00Z' }],
  ['no moment', { ...options, from: 'yesterday' }],
  ['several workers', { ...options, workers: '3' }],
];
for (const [says, given] of wrong)
  test(`a backfill with ${says} is refused`, () => {
    throws(() => backfillIn(given, ['windows'], live), { code: 'DYNO_USAGE_BACKFILL' });
  });

test('correlations take no range', () => {
  throws(() => backfillIn(options, ['windows', 'instantdyno'], live), { code: 'DYNO_USAGE_BACKFILL' });
});

test('raw rows are not computed again', () => {
  throws(() => backfillIn(options, ['windows', 'raw'], live), { code: 'DYNO_USAGE_BACKFILL' });
});
