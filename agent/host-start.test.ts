import { equal } from 'node:assert/strict';
import { test } from 'node:test';
import { type HostRun, hasRestarted } from './host-start.ts';

const cases: [says: string, previous: HostRun, current: HostRun, restarted: boolean][] = [
  ['time went on', { uptimeS: 10, startedAtS: 500 }, { uptimeS: 11, startedAtS: 500 }, false],
  ['the uptime fell', { uptimeS: 10, startedAtS: undefined }, { uptimeS: 3, startedAtS: undefined }, true],
  ['it started later, and ran longer since', { uptimeS: 10, startedAtS: 500 }, { uptimeS: 20, startedAtS: 900 }, true],
  ['the clock was slewed by a second', { uptimeS: 10, startedAtS: 500 }, { uptimeS: 11, startedAtS: 501 }, false],
  ['nothing is known', { uptimeS: 'not_permitted', startedAtS: undefined }, { uptimeS: 1, startedAtS: 5 }, false],
];
for (const [says, previous, current, restarted] of cases)
  test(`a host has ${restarted ? '' : 'not '}restarted when ${says}`, () =>
    equal(hasRestarted({ previous, current }), restarted));
