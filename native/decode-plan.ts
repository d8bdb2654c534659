import type { AppReader } from './app-reader.ts';
import { type AvroCursor, readFailure } from './avro/avro-cursor.ts';
import { readBranch, readNumber, skip } from './avro/avro-read.ts';
import type { AvroType } from './avro/avro-type.ts';
import type { ByteDictionary } from './byte-dictionary.ts';
import { type PlanField, planFields } from './plan-fields.ts';

/**
 * Reads one record: counters to `all[row + counter * stride]`, host, times and app values into the cursor.
 * Answers a `readFailure`. Never reads at or beyond the cursor's end.
 */
export type DecodePlan = (cursor: AvroCursor, all: Float64Array, row: number, stride: number) => number;

export interface PlanContext {
  readonly counterIndex: ReadonlyMap<string, number>;
  readonly hosts: ByteDictionary;
  readonly app: AppReader;
}

const hostBytesMax = 255;

/** Compiles a writer schema into code: the common field, a nullable double, is a few inlined instructions. */
export function compilePlan(schemaJson: string, context: PlanContext): DecodePlan {
  const { fields, missing } = planFields(schemaJson, context.counterIndex);
  const slow: SlowRead[] = [];
  const steps = fields.map((field) => {
    const step = fieldStep(field, context);
    return typeof step === 'string' ? step : slowStep(slow.push(step) - 1, field);
  });
  const source = planSource(steps, missing);
  return new Function('slow', 'truncated', 'trailing', source)(slow, readFailure.truncated, readFailure.trailing);
}

/** No text of the schema gets into the source: fields are numbers there. */
const planSource = (steps: readonly string[], missing: readonly number[]): string => `'use strict';
return function plan(cursor, all, row, stride) {
  const bytes = cursor.bytes, view = cursor.view, end = cursor.end;
  let p = cursor.pos, value = 0;
${missing.map((index) => `  all[row + ${index} * stride] = NaN;`).join('\n')}
${steps.join('\n')}
  cursor.pos = p;
  return p === end ? 0 : trailing;
};`;

type SlowRead = (cursor: AvroCursor) => unknown;

function fieldStep({ read, type, counter }: PlanField, context: PlanContext): string | SlowRead {
  switch (read) {
    case 'host':
      return hostReader(type, context.hosts);
    case 'time':
      return timeReader(type);
    case 'interval':
      return (cursor) => {
        cursor.intervalMs = readNumber(type, cursor);
      };
    case 'app':
      return (cursor) => context.app.read(type, cursor);
    case 'skip':
      return (cursor) => skip(type, cursor);
    case 'counter':
      return doubleStep(type, counter) ?? ((cursor) => readNumber(type, cursor));
  }
}

/** Inlined: double, [null, double], [double, null]. */
function doubleStep(type: AvroType, counter: number): string | undefined {
  const cell = `all[row + ${counter} * stride]`;
  const store = (at: string) => `value = view.getFloat64(${at}, true);
    if (value - value === 0) ${cell} = value; else { ${cell} = NaN; cursor.implausible++; }`;
  if (type.kind === 'double')
    return `  if (p + 8 > end) return truncated;
    ${store('p')}
    p += 8;`;
  if (type.kind !== 'union' || type.branches.length !== 2) return undefined;
  const double = type.branches.findIndex((branch) => branch.kind === 'double');
  const none = type.branches.findIndex((branch) => branch.kind === 'null');
  if (double === -1 || none === -1) return undefined;
  // A branch number in one byte, as every writer puts it; anything else is malformed or cut off.
  return `  if (p + 9 <= end && bytes[p] === ${double * 2}) {
    ${store('p + 1')}
    p += 9;
  } else if (p < end && bytes[p] === ${none * 2}) { ${cell} = NaN; p++; }
  else return p >= end || bytes[p] === ${double * 2} ? truncated : ${readFailure.malformed};`;
}

function slowStep(index: number, { read, counter }: PlanField): string {
  const call = `slow[${index}](cursor); p = cursor.pos; if (cursor.failure !== 0) return cursor.failure;`;
  if (read !== 'counter') return `  cursor.pos = p; ${call}`;
  const cell = `all[row + ${counter} * stride]`;
  return `  cursor.pos = p; value = ${call}
  if (value - value === 0) ${cell} = value; else { ${cell} = NaN; if (cursor.wroteNumber) cursor.implausible++; }`;
}

function hostReader(type: AvroType, hosts: ByteDictionary): SlowRead {
  return (cursor) => {
    const actual = type.kind === 'union' ? readBranch(type.branches, cursor) : type;
    if (cursor.failure !== 0) return;
    if (actual.kind !== 'string' && actual.kind !== 'bytes') return cursor.fail(readFailure.noHost);
    const byteCount = cursor.long();
    const start = cursor.take(byteCount);
    if (cursor.failure !== 0) return;
    if (byteCount === 0 || byteCount > hostBytesMax) return cursor.fail(readFailure.noHost);
    cursor.host = hosts.numberOf(cursor.bytes, start, start + byteCount);
    return;
  };
}

/** Last moment that a JavaScript date knows: beyond it a time is garbage. */
const timeMsMax = 8.64e15;

function timeReader(type: AvroType): SlowRead {
  return (cursor) => {
    const timeMs = Math.floor(readNumber(type, cursor));
    if (cursor.failure === 0 && !(timeMs > 0 && timeMs <= timeMsMax)) cursor.fail(readFailure.badTime);
    cursor.timeMs = timeMs;
  };
}
