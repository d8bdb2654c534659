import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { allSettings } from '../base/settings/all-settings.ts';
import { counterIndex } from './counters.ts';

test('the metrics and pairs that hold by default are counters of the catalogue', () => {
  const names = [...allSettings.tierSecondsMetrics.fallback, ...allSettings.metricPairs.fallback.flat()];
  deepEqual(
    names.filter((name) => !counterIndex.has(name)),
    [],
  );
});
