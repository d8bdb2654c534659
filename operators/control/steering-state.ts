import { crc32 } from 'node:zlib';
import type { LoadTestRequest } from '../../schemas/load-test-records.ts';
import type { ControllerState } from './controller-state.ts';
import { controllerStateVersion } from './controller-state.ts';
import type { FoundCapacity } from './found-capacity.ts';
import type { LastResult } from './planned-test.ts';
import type { SteadyPool } from './steady-pools.ts';
import type { TestsStopped } from './tests-stopped.ts';

/** What one tier's steering must not forget over a restart. */
export interface SteeringState {
  readonly controller: ControllerState;
  readonly results: readonly LastResult[];
  /** Since when the tier is steered at all: what was there before is not new. */
  readonly startedMs: number;
  /** A test that somebody asked for and that has not begun. */
  readonly asked?: LoadTestRequest | undefined;
  /** Not there in states of before a stop held tests. */
  readonly stopped?: TestsStopped | undefined;
  /** What weights between tests stand on. Not there in states of before there were any. */
  readonly capacities?: readonly FoundCapacity[];
  readonly steadyPools?: readonly SteadyPool[];
}

const crcBytes = 4;

export function encodeSteering(state: SteeringState): Buffer {
  const body = Buffer.from(JSON.stringify(state));
  const head = Buffer.alloc(crcBytes);
  head.writeUInt32LE(crc32(body));
  return Buffer.concat([head, body]);
}

/** undefined for another version, or for what does not check out: then the tier starts without a memory, at safe weights. */
export function decodeSteering(value: Buffer): SteeringState | undefined {
  if (value.length <= crcBytes) return undefined;
  const body = value.subarray(crcBytes);
  if (crc32(body) !== value.readUInt32LE(0)) return undefined;
  const state = JSON.parse(body.toString()) as SteeringState;
  return state.controller.version === controllerStateVersion ? state : undefined;
}
