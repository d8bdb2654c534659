import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '../../../base/testing/virtual-clock.ts';
import { CapacityFeed, lambda100In } from './capacity-feed.ts';

const row = (generation: string, build: string, lambda100: unknown) => ({ generation, build, lambda100, lo: 1, hi: 2 });
const answer = {
  tier: 'web',
  capacity: [row('SNB', 'r8', 116.2), row('NHM', 'r9', 47.1), row('NHM', 'r8', 48), row('WSM', 'r8', 0)],
};

test('the capacity is that of this build, else the newest one of this generation, else unknown', () => {
  const kinds: [generation: string, build: string, lambda100: number | undefined][] = [
    ['NHM', 'r8', 48],
    ['NHM', 'r9', 47.1],
    ['NHM', 'r10', 47.1],
    ['SNB', 'r9', 116.2],
    ['WSM', 'r8', undefined],
    ['VSS', 'r8', undefined],
  ];
  for (const [generation, build, lambda100] of kinds)
    equal(lambda100In(answer, { generation, build }), lambda100, `${generation} ${build}`);
  equal(lambda100In({ capacity: [null, 7] }, { generation: 'NHM', build: 'r8' }), undefined);
  for (const other of [undefined, null, 'no', {}, { capacity: 7 }])
    throws(() => lambda100In(other, { generation: 'NHM', build: 'r8' }), /no list "capacity"/);
});

test('it is asked every minute, every ten seconds while there is no answer, and what was said last stays', async () => {
  const clock = new VirtualClock(0);
  const asked: [atMs: number, url: string][] = [];
  let away = true;
  const feed = new CapacityFeed({
    overwatchUrl: 'http://overwatch:8080',
    tier: 'web & api',
    generation: 'NHM',
    build: 'r8',
    clock,
    getJson: async (url) => {
      asked.push([clock.nowMs(), url]);
      if (away) throw new Error('away');
      return answer;
    },
  });
  const heard: (number | undefined)[] = [];
  const until = async (atMs: number): Promise<void> => {
    await clock.advance(atMs - clock.nowMs());
    heard.push(feed.lambda100);
  };
  await feed.start();
  await until(15_000);
  away = false;
  await until(25_000);
  away = true;
  await until(85_000);
  feed.stop();
  await until(300_000);
  deepEqual(heard, [undefined, 48, 48, 48]);
  deepEqual(
    asked.map(([atMs]) => atMs),
    [0, 10_000, 20_000, 80_000],
  );
  equal(asked[0]?.[1], 'http://overwatch:8080/api/capacity?tier=web%20%26%20api');
});
