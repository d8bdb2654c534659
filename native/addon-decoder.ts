import type { ByteList } from '../base/byte-list.ts';
import type { Addon, AddonCounterDecoder } from './addon.ts';
import { appValuesMax } from './app-reader.ts';
import { ColumnStore } from './column-store.ts';
import type { CounterColumns, CounterDecoder, DecodeFailure } from './counter-columns.ts';
import { decodeFailure } from './decode-failures.ts';
import { appNamesMax, type DecoderLimits, hostsForgotten } from './decoder-limits.ts';
import { planFields } from './plan-fields.ts';
import { planWords } from './plan-words.ts';
import { ValueBytes } from './value-bytes.ts';

/** What the addon says of a batch: places in its report. */
const reported = { failures: 0, app: 1, addedHosts: 2, addedAppNames: 3, implausible: 4, forgotten: 5 } as const;
const noName = 0xffff_ffff;

/** The decoder in C++: one call a batch; only what is rare in a batch (failures, new hosts, application values) comes back as objects. */
export class AddonDecoder implements CounterDecoder {
  readonly #addon: AddonCounterDecoder;
  readonly #counterIndex: ReadonlyMap<string, number>;
  readonly #schemas = new Set<number>();
  readonly #values = new ValueBytes();
  readonly #store: ColumnStore;
  readonly #report = new Uint32Array(6);
  readonly #hostNames: string[] = [];
  readonly #appNames: string[] = [];
  #hadApp = false;

  constructor(addon: Addon, { counterIndex, hostsMax }: DecoderLimits) {
    this.#addon = new addon.CounterDecoder(counterIndex.size, hostsMax, appNamesMax);
    this.#counterIndex = counterIndex;
    this.#store = new ColumnStore(counterIndex.size);
  }

  addSchema(schemaId: number, schemaJson: string): void {
    const { fields, missing, types } = planWords(planFields(schemaJson, this.#counterIndex));
    this.#addon.addPlan(schemaId, fields, missing, types);
    this.#schemas.add(schemaId);
  }

  knowsSchema(schemaId: number): boolean {
    return this.#schemas.has(schemaId);
  }

  decode(values: ByteList): CounterColumns {
    const store = this.#store;
    const report = this.#report;
    const count = values.length;
    store.reserve(count);
    const { buffer, starts, lengths } = this.#values.locate(values);
    const { all, stride, hosts, timesMs, intervalsMs, decoded, present } = store;
    this.#addon.decode(
      buffer,
      starts,
      lengths,
      count,
      all,
      stride,
      hosts,
      timesMs,
      intervalsMs,
      decoded,
      present,
      report,
    );
    if (report[reported.addedHosts] !== 0) takeNames(this.#hostNames, this.#addon.addedHosts());
    if (report[reported.forgotten] !== 0) hostsForgotten.inc(report[reported.forgotten]);
    const implausible = report[reported.implausible]! + this.#takeApp();
    return store.answer(count, this.#hostNames, this.#takeFailures(), implausible);
  }

  #takeFailures(): ReadonlyMap<number, DecodeFailure> {
    const failures = new Map<number, DecodeFailure>();
    if (this.#report[reported.failures] === 0) return failures;
    const words = this.#addon.failures();
    for (let at = 0; at < words.length; at += 3) {
      failures.set(words[at]!, decodeFailure(words[at + 1]!, words[at + 2]!));
      this.#store.app[words[at]!] = undefined;
    }
    return failures;
  }

  /** Application values become one map a record that has some. Answers how many were beyond their bounds. */
  #takeApp(): number {
    const { app } = this.#store;
    const has = this.#report[reported.app] !== 0;
    if (has || this.#hadApp) app.fill(undefined);
    this.#hadApp = has;
    if (!has) return 0;
    if (this.#report[reported.addedAppNames] !== 0) takeNames(this.#appNames, this.#addon.addedAppNames());
    const rows = this.#addon.appRows();
    const numbers = this.#addon.appNumbers();
    const values = this.#addon.appValues();
    let beyond = 0;
    let row = -1;
    let map = new Map<string, number>();
    for (let at = 0; at < rows.length; at++) {
      if (rows[at] !== row) {
        row = rows[at]!;
        map = new Map();
        app[row] = map;
      }
      if (numbers[at] === noName || map.size >= appValuesMax) beyond++;
      else map.set(this.#appNames[numbers[at]!]!, values[at]!);
    }
    return beyond;
  }
}

function takeNames(names: string[], added: readonly (number | string)[]): void {
  for (let at = 0; at < added.length; at += 2) names[added[at] as number] = added[at + 1] as string;
}
