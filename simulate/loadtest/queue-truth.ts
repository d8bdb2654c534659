import { arrivalsForWait, meanWaitS, type QueueLoad } from '../queueing.ts';
import { add, identity, rowTimes, type SquareMatrix, solve, times, zeros } from './square-matrix.ts';

/** A queue whose service times are those of `HitQueue` with this squared coefficient of variation. */
export interface VariableQueueLoad extends QueueLoad {
  readonly cv2: number;
}

/**
 * Mean wait in seconds of the M/PH/k queue, first come first served: Erlang C for cv² = 1, else the exact stationary
 * distribution of the quasi-birth-death process over (hits, how many of the served are in their first phase). It is
 * solved by matrix-analytic methods (Neuts 1981; logarithmic reduction of Latouche and Ramaswami 1993), which know
 * nothing of the approximation that the capacity estimator fits. Infinite at or above capacity.
 */
export function exactMeanWaitS(load: VariableQueueLoad): number {
  if (load.cv2 === 1) return meanWaitS(load);
  if (load.arrivalsPerS * load.serviceS >= load.servers) return Number.POSITIVE_INFINITY;
  return meanWaitOf(load, phasesOf(load));
}

/** Arrivals per second at which the queue waits `waitS` on average: the true λ100 of a host for 0.1. */
export function exactArrivalsForWait(target: {
  readonly servers: number;
  readonly serviceS: number;
  readonly cv2: number;
  readonly waitS: number;
}): number {
  const { servers, serviceS, cv2, waitS } = target;
  if (cv2 === 1) return arrivalsForWait({ servers, serviceS, waitS });
  const headroom = (arrivalsPerS: number): number =>
    1 / exactMeanWaitS({ servers, serviceS, cv2, arrivalsPerS }) - 1 / waitS;
  // 1 / wait falls nearly in a straight line to 0 at saturation, so a false position finds the point in a few steps.
  let low = 0.5 * arrivalsForWait({ servers, serviceS, waitS });
  let high = servers / serviceS;
  let atLow = headroom(low);
  let atHigh = -1 / waitS;
  for (let i = 0; i < 60; i++) {
    const guess = (low * atHigh - high * atLow) / (atHigh - atLow);
    const at = headroom(guess);
    if (Math.abs(at) * waitS < 1e-10 || high - low < 1e-12 * high) return guess;
    if (at > 0) {
      [low, atLow] = [guess, at];
      atHigh /= 2;
    } else {
      [high, atHigh] = [guess, at];
      atLow /= 2;
    }
  }
  return (low + high) / 2;
}

/** Two exponential phases: which one a service starts in, how fast each is, how often the second follows the first. */
interface Phases {
  readonly startsInFirst: number;
  readonly firstRate: number;
  readonly secondRate: number;
  readonly secondFollows: number;
}

function phasesOf({ cv2, serviceS }: VariableQueueLoad): Phases {
  if (cv2 < 1) return { startsInFirst: 1, firstRate: 2 / serviceS, secondRate: 2 / serviceS, secondFollows: 1 };
  const likely = (1 + Math.sqrt((cv2 - 1) / (cv2 + 1))) / 2;
  return {
    startsInFirst: likely,
    firstRate: (2 * likely) / serviceS,
    secondRate: (2 * (1 - likely)) / serviceS,
    secondFollows: 0,
  };
}

/** Rates down from, up from and within a level of so many hits; `size` = servers + 1, unused states stay zero. */
interface Level {
  readonly down: SquareMatrix;
  readonly up: SquareMatrix;
  readonly within: SquareMatrix;
}

function levelOf(hits: number, load: VariableQueueLoad, phases: Phases): Level {
  const { servers, arrivalsPerS } = load;
  const size = servers + 1;
  const level = { down: zeros(size), up: zeros(size), within: zeros(size) };
  const busy = Math.min(hits, servers);
  const { startsInFirst, firstRate, secondRate, secondFollows } = phases;
  const put = (matrix: SquareMatrix, from: number, to: number, rate: number) => {
    if (rate > 0) matrix.cells[from * size + to]! += rate;
  };
  for (let first = 0; first <= servers; first++) {
    if (first > busy) {
      // A state that does not exist keeps the matrix regular and is never entered.
      level.within.cells[first * size + first] = -1;
      continue;
    }
    const second = busy - first;
    if (hits < servers) {
      put(level.up, first, first + 1, arrivalsPerS * startsInFirst);
      put(level.up, first, first, arrivalsPerS * (1 - startsInFirst));
    } else put(level.up, first, first, arrivalsPerS);
    const doneInFirst = first * firstRate * (1 - secondFollows);
    const doneInSecond = second * secondRate;
    put(level.within, first, first - 1, first * firstRate * secondFollows);
    // Who waits, if anybody does, takes the free server.
    const refilled = hits > servers ? 1 : 0;
    put(level.down, first, first - 1 + refilled, doneInFirst * (refilled ? startsInFirst : 1));
    put(level.down, first, first + refilled, doneInSecond * (refilled ? startsInFirst : 1));
    put(level.down, first, first - 1, refilled * doneInFirst * (1 - startsInFirst));
    put(level.down, first, first, refilled * doneInSecond * (1 - startsInFirst));
    const out = arrivalsPerS + first * firstRate + doneInSecond;
    level.within.cells[first * size + first]! -= out;
  }
  return level;
}

function meanWaitOf(load: VariableQueueLoad, phases: Phases): number {
  const { servers, arrivalsPerS } = load;
  const size = servers + 1;
  const busyLevel = levelOf(servers + 1, load, phases);
  const rate = rateMatrix(busyLevel);
  const unit = identity(size);
  // Downwards from the first level where everybody is busy: π(n+1) = π(n) × upward[n].
  const upward: SquareMatrix[] = [];
  let leaving = add(busyLevel.within, times(rate, busyLevel.down));
  for (let hits = servers - 1; hits >= 0; hits--) {
    const level = levelOf(hits, load, phases);
    const above = levelOf(hits + 1, load, phases);
    upward[hits] = times(level.up, solve(negative(leaving), unit));
    leaving = add(level.within, times(upward[hits]!, above.down));
  }
  let state = new Float64Array(size);
  state[0] = 1;
  let total = 1;
  for (let hits = 0; hits < servers - 1; hits++) {
    state = rowTimes(state, upward[hits]!) as Float64Array<ArrayBuffer>;
    total += sum(state);
  }
  state = rowTimes(state, upward[servers - 1]!) as Float64Array<ArrayBuffer>;
  const geometric = solve(add(unit, rate, -1), unit);
  const beyond = rowTimes(state, geometric);
  total += sum(beyond);
  const waiting = sum(rowTimes(rowTimes(beyond, rate), geometric));
  return waiting / total / arrivalsPerS;
}

/** R of the levels where everybody is busy: π(n+1) = π(n) R. */
function rateMatrix({ down, up, within }: Level): SquareMatrix {
  const unit = identity(down.size);
  const inverse = solve(negative(within), unit);
  let high = times(inverse, up);
  let low = times(inverse, down);
  let passage = low;
  let product = high;
  for (let i = 0; i < 60; i++) {
    const both = add(times(high, low), times(low, high));
    const rest = solve(add(unit, both, -1), unit);
    high = times(rest, times(high, high));
    low = times(rest, times(low, low));
    const step = times(product, low);
    passage = add(passage, step);
    product = times(product, high);
    if (Math.max(...step.cells) < 1e-14) break;
  }
  return times(up, solve(negative(add(within, times(up, passage))), unit));
}

const negative = (matrix: SquareMatrix): SquareMatrix => ({
  size: matrix.size,
  cells: matrix.cells.map((cell) => -cell),
});

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
