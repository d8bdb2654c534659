import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { addsUp } from './ledger.ts';
import { batchOf, type TestRecord, TestWindows } from './testing/counter-log.ts';
import { parseWindowsState } from './windows-state.ts';

const run = (records: readonly TestRecord[], windows = new TestWindows()) => windows.push(batchOf(records));
/** A record of host a, read at this second and appended half a second later. */
const at = (eventS: number, more: Partial<TestRecord> = {}): TestRecord => ({ eventS, appendS: eventS + 0.5, ...more });
const tick = (appendS: number): TestRecord => ({ appendS, kind: 'tick' });
/** An idle partition from one moment to another: ticks without a gap. */
const idle = (fromS: number, toS: number): TestRecord[] => {
  const ticks: TestRecord[] = [];
  for (let appendS = fromS; appendS < toS; appendS += 4) ticks.push(tick(appendS));
  return [...ticks, tick(toS)];
};
const windowsOf = (out: readonly string[]) => out.filter((line) => /^(second|ten-seconds) /.test(line));

test('nothing in, nothing out', () => {
  deepEqual(run([]), []);
});

test('a second closes when an event one second later is seen', () => {
  deepEqual(run([at(1), at(1, { host: 'b', values: [2, 2, 2, 2, 2] })]), ['1 s through 0', '10 s through -20']);
  deepEqual(windowsOf(run([at(1), at(1, { host: 'b', values: [2, 2, 2, 2, 2] }), at(2)])), [
    'second 1: a 1 NaN, b 2 NaN',
  ]);
});

test('a 10-s window waits 15 s more and takes each counter by its own aggregation', () => {
  const records = [
    at(1, { values: [1, 1, 1, 1, 1] }),
    at(3, { values: [4, 4, 4, 4, 4] }),
    { eventS: 2, appendS: 3.6, values: [Number.NaN, 3, -3, 3, 3] },
    ...idle(4, 26),
  ];
  deepEqual(windowsOf(run(records)).at(-1), 'ten-seconds 10: a 2.5/2 8/3 -3/3 4/3 4/3');
});

test('windows are (start, end]: the second 10 belongs to the window that ends then', () => {
  const tens = windowsOf(run([at(10), at(11), ...idle(12, 46)])).filter((line) => line.startsWith('ten'));
  deepEqual(tens, ['ten-seconds 10: a 1/1 1/1 1/1 1/1 1/1', 'ten-seconds 20: a 1/1 1/1 1/1 1/1 1/1']);
});

test('hosts come in the order of their names, whatever their arrival', () => {
  const out = run(['c', 'a', 'b'].map((host) => at(1, { host })).concat(at(2)));
  ok(windowsOf(out)[0]!.startsWith('second 1: a 1 NaN, b 1 NaN, c 1 NaN'));
});

test('an application value is a metric of the second and a mean of the 10-s window', () => {
  const app = (hits: number) => ({ app: new Map([['hits_per_s', hits]]) });
  deepEqual(windowsOf(run([at(1, app(4)), at(2, app(6)), ...idle(3, 26)])), [
    'second 1: a 1 4',
    'second 2: a 1 6',
    'ten-seconds 10: a 1/2 2/2 1/2 1/2 1/2 hits_per_s=5',
  ]);
});

const classes: [says: string, records: readonly TestRecord[], out: string | undefined, found: object][] = [
  ['an undecodable record', [{ appendS: 1, kind: 'garbage' }], 'undecodable malformed', { undecodable: 1 }],
  ['a record 61 s ahead of its append time', [{ eventS: 61, appendS: 0 }], 'skewed skewed', { skewed: 1 }],
  ['a record 60 s ahead', [{ eventS: 60, appendS: 0 }], undefined, { windowed: 1 }],
  ['a record whose 10-s window is closed', [tick(36), { eventS: 10, appendS: 36 }], 'late late', { late: 1 }],
  [
    'the same host and second again',
    [at(1), at(1, { values: [9, 9, 9, 9, 9] })],
    undefined,
    { windowed: 1, duplicate: 1 },
  ],
];
for (const [says, records, rejected, found] of classes) {
  test(`${says} counts as ${Object.keys(found).join(' and ')}`, () => {
    const windows = new TestWindows();
    const out = run(records, windows).filter((line) => !line.includes('through'));
    deepEqual(out, rejected === undefined ? [] : [rejected]);
    const none = { windowed: 0, undecodable: 0, skewed: 0, late: 0, duplicate: 0 };
    const data = records.filter(({ kind }) => kind !== 'tick').length;
    deepEqual(windows.windows.ledger, { in: data, ...none, ...found });
  });
}

test('of a duplicate the first in the log wins', () => {
  deepEqual(windowsOf(run([at(1), at(1, { values: [9, 9, 9, 9, 9] }), at(2)]))[0], 'second 1: a 1 NaN');
});

test('a record late for its second only still counts into its 10-s window', () => {
  const windows = new TestWindows();
  const out = windowsOf(run([at(5), at(6), { eventS: 2, appendS: 6.6, host: 'b' }, ...idle(8, 26)], windows));
  deepEqual(out, [
    'second 5: a 1 NaN',
    'second 6: a 1 NaN',
    'ten-seconds 10: a 1/2 2/2 1/2 1/2 1/2, b 1/1 1/1 1/1 1/1 1/1',
  ]);
  equal(windows.windows.missedSeconds, 1);
});

test('a host with a fast clock does not close windows of others', () => {
  const out = run([at(1), { eventS: 50, appendS: 1.6, host: 'fast' }, at(2)]);
  deepEqual(windowsOf(out), ['second 1: a 1 NaN']);
});

test('after a gap in append times nothing closes for 20 s, so that spooled records find their windows', () => {
  const spooled = Array.from({ length: 30 }, (_, i) => ({ eventS: 2 + i, appendS: 32 + i / 100 }));
  const windows = new TestWindows();
  deepEqual(windowsOf(run([at(1), ...spooled, ...idle(33, 51)], windows)), []);
  const out = windowsOf(windows.push(batchOf([tick(52)], 100)));
  const seconds = out.filter((line) => line.startsWith('second'));
  deepEqual([seconds.length, out.length - seconds.length], [31, 3]);
  equal(windows.windows.missedSeconds, 0);
});

test('a hold is cut short when it would fill the memory', () => {
  const windows = new TestWindows({ hostWindowsMax: 3 });
  run([at(1), ...[32, 42, 52, 62].map((eventS) => ({ eventS, appendS: 32 }))], windows);
  equal(windows.windows.holdsCut, 1);
});

test('ticks are no records, and an old backlog is not live', () => {
  const windows = new TestWindows();
  equal(windows.windows.live, true);
  run([tick(1), tick(2)], windows);
  deepEqual([windows.windows.live, windows.windows.ledger.in, windows.windows.ticks], [true, 0, 2]);
  run([{ eventS: 0, appendS: 61 }], windows);
  equal(windows.windows.live, false);
  run([{ eventS: 61, appendS: 62 }], windows);
  equal(windows.windows.live, true);
});

test('hosts without records in open windows are forgotten', () => {
  const windows = new TestWindows();
  run(
    Array.from({ length: 100 }, (_, i) => at(1, { host: `h${i}` })),
    windows,
  );
  equal(windows.windows.hosts, 100);
  windows.push(batchOf(idle(3, 26), 100));
  equal(windows.windows.hosts, 0);
});

const records = fc.array(
  fc.record({
    stepS: fc.constantFrom(0, 0.01, 0.2, 1, 3, 7),
    delayS: fc.constantFrom(0.3, 0.5, 1, 2, 9, 20, 40, 100, -30, -70),
    host: fc.constantFrom('a', 'b', 'c'),
    value: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(Number.NaN)),
    kind: fc.constantFrom(undefined, undefined, undefined, undefined, undefined, 'tick', 'garbage'),
  }),
  { maxLength: 80 },
);
const logOf = (
  steps: readonly { stepS: number; delayS: number; host: string; value: number; kind: string | undefined }[],
) => {
  let appendS = 100;
  return steps.map(({ stepS, delayS, host, value, kind }): TestRecord => {
    appendS += stepS;
    const values = [value, value, value, -value, value];
    const record = { appendS, eventS: Math.floor(appendS - delayS), host, values };
    return kind === undefined ? record : { ...record, kind: kind as 'tick' | 'garbage' };
  });
};
const cuts = fc.array(fc.record({ size: fc.integer({ min: 1, max: 12 }), crash: fc.boolean() }));

test('any cut into batches and any crashes give the same events, bit for bit, and a ledger that adds up', () => {
  fc.assert(
    fc.property(records.map(logOf), cuts, (log, steps) => {
      const whole = new TestWindows();
      const wanted = whole.push(batchOf(log));
      let windows = new TestWindows();
      const got: string[] = [];
      let position = 0;
      for (const { size, crash } of [...steps, { size: log.length, crash: true }]) {
        const end = Math.min(log.length, position + size);
        got.push(...windows.push(batchOf(log.slice(position, end), position)));
        position = end;
        ok(addsUp(windows.windows.ledger));
        if (!crash) continue;
        const lowOffset = windows.windows.lowOffset();
        const metadata = JSON.stringify(windows.windows.state());
        ok(metadata.length <= 3_000);
        windows = new TestWindows({ restored: parseWindowsState(metadata) });
        deepEqual(windows.push(batchOf(log.slice(lowOffset, position), lowOffset, true)), []);
        deepEqual(JSON.stringify(windows.windows.state()), metadata);
        equal(windows.windows.lowOffset(), lowOffset);
      }
      deepEqual(got, wanted);
      deepEqual(windows.windows.state(), whole.windows.state());
    }),
    { numRuns: 300 },
  );
});
