import { noLoad } from '../capacity/dwell.ts';
import type { OpenDwell, RunState } from './controller-state.ts';
import { limits } from './limits.ts';
import { emptyBlocks, emptyUnits } from './panel-evidence.ts';
import type { TestRequest } from './tier-events.ts';

/** A test of which nothing has been seen yet. */
export function newRun(request: TestRequest, startedMs: number): RunState {
  const hosts = request.panel.map(() => startedMs);
  return {
    request,
    startedMs,
    servers: undefined,
    seconds: 0,
    holdSeconds: 0,
    steps: 0,
    factor: 1,
    targetHitsPerS: undefined,
    window: [],
    newestRowMs: hosts,
    newestEvidenceMs: hosts,
    hostSums: request.panel.map(() => noLoad),
    baseline: undefined,
    closed: [],
    open: opened(request, startedMs, limits.baselineS),
    estimate: undefined,
    looks: [],
    heldSinceMs: undefined,
    maxContentionMs: 0,
    secondsOver100: 0,
    secondsOver150: 0,
    secondsOverSlo: 0,
    otherBuild: undefined,
    ended: undefined,
    asked: undefined,
  };
}

export const opened = (request: TestRequest, fromMs: number, measureS: number): OpenDwell => ({
  fromMs,
  measureS,
  seconds: 0,
  units: emptyUnits(request.panel.length),
  blocks: emptyBlocks(request.panel.length),
});
