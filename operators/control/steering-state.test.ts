import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { idleState } from './controller-state.ts';
import { decodeSteering, encodeSteering } from './steering-state.ts';

const result = { tier: 'web', generation: 'NHM', build: 'b1', endedMs: 5, outcome: 'found' } as const;
const state = { controller: { ...idleState, epoch: 7, cooldownUntilMs: 99 }, results: [result], startedMs: 3 };

test('what a restart needs comes back as it was', () => {
  deepEqual(decodeSteering(encodeSteering(state)), JSON.parse(JSON.stringify(state)));
});

test('a state that is cut or of which any bit is another is none, nor is one of another version', () => {
  const value = encodeSteering(state);
  for (let at = 0; at < value.length; at++) {
    const wrong = Buffer.from(value);
    wrong[at]! ^= 1;
    equal(decodeSteering(wrong), undefined, `byte ${at}`);
    equal(decodeSteering(value.subarray(0, at)), undefined, `cut at ${at}`);
  }
  const older = { ...state, controller: { ...state.controller, version: 0 as never } };
  equal(decodeSteering(encodeSteering(older)), undefined);
});
