import { deepEqual, equal, ok } from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type NeighbourTest, whyNotBeside, withStep } from './neighbour-tests.ts';
import { ControlWorld, request } from './testing/control-world.ts';

const seen = (words: string): NeighbourTest | undefined =>
  words
    .split(' ')
    .map((word) => {
      const [timeMs, phase, action = 'nothing'] = word.split(':') as [string, string, string | undefined];
      return { tier: 'feed', timeMs: Number(timeMs), phase, action };
    })
    .reduce<NeighbourTest | undefined>((known, step) => withStep(known, step), undefined);

const histories: [steps: string, sinceMs: number | undefined, lastMs: number | undefined][] = [
  ['1:idle 2:idle', undefined, undefined],
  ['1:idle 2:baseline:start 3:baseline 4:ramp', 2, 4],
  ['2:baseline:start 4:ramp 5:ramp:found 6:found:drain 7:drain', 2, 7],
  ['2:baseline:start 7:drain:revert 8:cooldown 9:idle', undefined, 7],
  ['2:baseline:start 3:ramp:freeze 4:frozen', undefined, 3],
  // Read from the middle of a test; and another test whose predecessor's end was not read.
  ['5:ramp 6:ramp', 5, 6],
  ['2:baseline:start 3:ramp 9:baseline:start', 9, 9],
];
for (const [steps, sinceMs, lastMs] of histories) {
  test(`decisions ${steps}: a test since ${sinceMs}, seen last at ${lastMs}`, () =>
    deepEqual(seen(steps), { tier: 'feed', sinceMs, lastMs }));
}

const feed = (sinceMs: number | undefined, lastMs: number | undefined) => ({
  tests: [{ tier: 'feed', sinceMs, lastMs }],
  knownMs: 1_000_000,
});
const beside: [
  says: string,
  known: ReturnType<typeof feed> | undefined,
  wallMs: number,
  because: string | undefined,
][] = [
  ['nothing is known', undefined, 1_000_000, 'it is not known what tests of feed do'],
  [
    'nothing has been known for over 5 s',
    feed(undefined, undefined),
    1_005_001,
    'it is not known what tests of feed do',
  ],
  ['no test was seen', feed(undefined, undefined), 1_005_000, undefined],
  ['one runs', feed(1, 2), 1_000_000, 'a test of its neighbour feed runs'],
  [
    'one ended 100 s ago',
    feed(undefined, 900_000),
    1_000_000,
    'a test of its neighbour feed ended 100 s ago; 300 s are waited',
  ],
  ['one ended 300 s ago', feed(undefined, 700_000), 1_000_000, undefined],
];
for (const [says, known, wallMs, because] of beside) {
  test(`a start where ${says}: ${because ?? 'nothing against it'}`, () =>
    equal(whyNotBeside(known, { names: ['feed'], bakeS: 300, wallMs }), because));
}
test('a tier without neighbours needs to know nothing', () =>
  equal(whyNotBeside(undefined, { names: [], bakeS: 300, wallMs: 0 }), undefined));

test('a neighbour whose tests are not known any more holds the load, and ends the test after a minute', () => {
  const world = new ControlWorld();
  const told = () =>
    world.hear({
      kind: 'neighbours',
      tests: [{ tier: 'feed', sinceMs: undefined, lastMs: undefined }],
      wallMs: world.wallMs,
    });
  told();
  world.hear({ kind: 'start', request: { ...request, neighbours: ['feed'] } });
  for (let s = 0; s < 100; s++) {
    told();
    world.step();
  }
  equal(world.state.phase, 'ramp');
  equal(world.step(30).rail, 'neighbour');
  const commands = world.commands.length;
  world.step(60);
  const ended = world.decisions.find(({ action }) => action === 'abort');
  deepEqual([ended?.rail, ended?.reason], ['neighbour', 'held for 60 s: it is not known what tests of feed do']);
  ok(world.commands.slice(0, commands).every(({ mode }) => mode === 'test'));
});

/** Two tiers that hear each other's decisions some seconds late. */
class Neighbours {
  readonly worlds = [new ControlWorld(), new ControlWorld()] as const;
  readonly #names = ['feed', 'web'] as const;
  readonly #heard: (NeighbourTest | undefined)[] = [undefined, undefined];
  readonly #read = [0, 0];

  ask(one: number): void {
    const [tier, neighbours] = [this.#names[one]!, [this.#names[1 - one]!]];
    this.worlds[one]!.hear({ kind: 'start', request: { ...request, tier, neighbours, runId: tier } });
  }

  /** `lateS` of undefined: nothing of the other is heard in this second. */
  second(lateS: readonly (number | undefined)[]): void {
    for (const [one, world] of this.worlds.entries()) {
      const late = lateS[one];
      const other = this.worlds[1 - one]!;
      if (late !== undefined) {
        for (; this.#read[one]! < other.decisions.length - late; this.#read[one]!++)
          this.#heard[one] = withStep(this.#heard[one], {
            tier: this.#names[1 - one]!,
            ...other.decisions[this.#read[one]!]!,
          });
        const tests = [this.#heard[one] ?? { tier: this.#names[1 - one]!, sinceMs: undefined, lastMs: undefined }];
        world.hear({ kind: 'neighbours', tests, wallMs: world.wallMs + 1_000 });
      }
    }
    for (const world of this.worlds) world.step();
  }

  get raised(): boolean[] {
    return this.worlds.map(({ weights }) => [...weights.values()].some((weight) => weight > 100));
  }
}

test('two neighbours that would start at once: both begin, the first by name goes on, nobody else raises any load', () => {
  const both = new Neighbours();
  both.ask(1);
  both.ask(0);
  for (let s = 0; s < 100; s++) both.second([2, 2]);
  deepEqual(both.raised, [true, false]);
  const lost = both.worlds[1].decisions.find(({ action }) => action === 'abort');
  deepEqual(
    [lost?.phase, lost?.rail, lost?.reason],
    ['baseline', 'neighbour', 'a test of its neighbour feed began before this one'],
  );
});

test('the one that began first goes on, whatever its name', () => {
  const both = new Neighbours();
  both.ask(1);
  both.second([0, 0]);
  both.second([undefined, undefined]);
  both.ask(0);
  for (let s = 0; s < 100; s++) both.second([3, 3]);
  deepEqual(both.raised, [false, true]);
});

test('whatever is late or away for a while: two neighbours never have their loads raised at the same time', () => {
  const late = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined });
  const span = fc.record({
    seconds: fc.integer({ min: 1, max: 120 }),
    late: fc.tuple(late, late),
    asks: fc.constantFrom([], [0], [1], [0, 1]),
  });
  let raisedOnce = 0;
  fc.assert(
    fc.property(fc.array(span, { minLength: 2, maxLength: 8 }), (spans) => {
      const both = new Neighbours();
      for (const { seconds, late: lateS, asks } of spans) {
        for (const one of asks) both.ask(one);
        for (let s = 0; s < seconds; s++) {
          both.second(lateS);
          const { raised } = both;
          ok(!(raised[0] && raised[1]), 'both are raised');
          if (raised[0] || raised[1]) raisedOnce++;
        }
      }
    }),
    { numRuns: 40 },
  );
  ok(raisedOnce > 0, 'no load was ever raised: the test says nothing');
});
