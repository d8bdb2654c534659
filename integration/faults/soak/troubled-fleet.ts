import { Random } from '../../../base/testing/random.ts';
import { withSchemaId } from '../../../schemas/wire-format.ts';
import { CounterRecords, hostName } from '../../bench/world/counter-records.ts';
import type { Trouble } from './fault-plan.ts';

export interface HostRecord {
  readonly key: Buffer;
  readonly value: Buffer;
}

export interface TroubledFleetOptions {
  readonly hosts: number;
  readonly schemaId: number;
  readonly seed: number;
}

interface Held {
  readonly dueMs: number;
  readonly record: HostRecord;
}

/** Hosts come and go all the time, not only in bursts: so many every 10 s. */
const replacedEvery10s = 2;
/** Records of other seconds that wait to be sent. */
const heldMax = 20_000;
const unknownSchemaId = 100_000;

/** A fleet that sends one record a host and second, with troubles of chance while they last. */
export class TroubledFleet {
  readonly counts: Record<string, number> = { records: 0 };
  readonly #random: Random;
  readonly #records: CounterRecords;
  readonly #schemaId: number;
  readonly #untilMs = new Map<Trouble, number>();
  readonly #skewMs = new Map<number, number>();
  #silent: ReadonlySet<number> = new Set();
  #alive: number[];
  #gone: number[] = [];
  /** Lowest number that no host has had. */
  #fresh: number;
  #held: Held[] = [];

  constructor({ hosts, schemaId, seed }: TroubledFleetOptions) {
    this.#random = new Random(seed);
    this.#records = new CounterRecords({ hosts, schemaId, seed });
    this.#schemaId = schemaId;
    this.#alive = Array.from({ length: hosts }, (_, host) => host);
    this.#fresh = hosts;
  }

  /** Hosts that ever were. */
  get hostsSeen(): number {
    return this.#fresh;
  }

  begin(trouble: Trouble, untilMs: number): void {
    this.#untilMs.set(trouble, untilMs);
    if (trouble === 'hosts_replaced') this.#replace(Math.ceil(this.#alive.length / 5));
    if (trouble === 'hosts_silent') this.#silent = new Set(this.#alive.filter(() => this.#random.chance(1 / 3)));
    if (trouble === 'skewed_clocks')
      for (let i = 0; i < 5; i++)
        this.#skewMs.set(this.#random.pick(this.#alive), this.#random.pick([3_600_000, -3_600_000, 30_000, -20_000]));
  }

  /** What is sent for this second: records of the hosts, and what was held back until now. */
  second(timeMs: number): HostRecord[] {
    if (!this.#has('hosts_silent', timeMs)) this.#silent = new Set();
    if (!this.#has('skewed_clocks', timeMs)) this.#skewMs.clear();
    if (timeMs % 10_000 === 0) this.#replace(replacedEvery10s);
    const sent: HostRecord[] = [];
    for (const host of this.#alive) if (!this.#silent.has(host)) this.#send(host, timeMs, sent);
    const due = this.#held.filter(({ dueMs }) => dueMs <= timeMs);
    this.#held = this.#held.filter(({ dueMs }) => dueMs > timeMs);
    for (const { record } of due) sent.push(record);
    this.counts['records']! += sent.length;
    return sent;
  }

  /** Everything that is still held back. */
  rest(): HostRecord[] {
    const rest = this.#held.map(({ record }) => record);
    this.#held = [];
    this.counts['records']! += rest.length;
    return rest;
  }

  #send(host: number, timeMs: number, sent: HostRecord[]): void {
    const random = this.#random;
    const skewMs = this.#skewMs.get(host);
    if (skewMs !== undefined) this.#count('skewed_clocks');
    const value = this.#records.value(host, timeMs + (skewMs ?? 0), timeMs / 1_000);
    const record = { key: Buffer.from(hostName(host)), value };
    if (this.#strikes('undecodable', timeMs, 0.01)) {
      sent.push({ ...record, value: this.#broken(value) });
    } else if (this.#strikes('unknown_schemas', timeMs, 0.005)) {
      const id = unknownSchemaId + random.between(0, 1_000_000);
      sent.push({ ...record, value: withSchemaId(id, value.subarray(5)) });
    } else if (this.#strikes('out_of_order', timeMs, 0.05)) {
      this.#hold(record, timeMs + random.between(1, 9) * 1_000, sent);
    } else if (this.#strikes('late', timeMs, 0.02)) {
      this.#hold(record, timeMs + random.between(40, 70) * 1_000, sent);
    } else {
      sent.push(record);
    }
    if (!this.#strikes('duplicates', timeMs, 0.1)) return;
    if (random.chance(0.5)) sent.push(record);
    else this.#hold(record, timeMs + random.between(1, 5) * 1_000, sent);
  }

  /** Cut short, of another format, or other bytes at all. */
  #broken(value: Buffer): Buffer {
    const random = this.#random;
    const how = random.between(0, 2);
    if (how === 0) return value.subarray(0, random.between(1, value.length - 1));
    if (how === 1) return Buffer.concat([Buffer.from([1]), value.subarray(1)]);
    const bytes = Buffer.from(Array.from({ length: 200 }, () => random.between(0, 255)));
    return withSchemaId(this.#schemaId, bytes);
  }

  #hold(record: HostRecord, dueMs: number, sent: HostRecord[]): void {
    if (this.#held.length < heldMax) this.#held.push({ dueMs, record });
    else sent.push(record);
  }

  /** So many hosts go; fresh ones come in their place, or some that went before. */
  #replace(hosts: number): void {
    for (let i = 0; i < hosts; i++) {
      const at = this.#random.between(0, this.#alive.length - 1);
      const returns = this.#gone.length > 100 && this.#random.chance(0.3);
      const comes = returns ? this.#gone.splice(this.#random.between(0, this.#gone.length - 1), 1)[0]! : this.#fresh++;
      this.#gone.push(this.#alive[at]!);
      this.#alive[at] = comes;
      this.#count('hosts_replaced');
    }
  }

  #strikes(trouble: Trouble, timeMs: number, probability: number): boolean {
    if (!this.#has(trouble, timeMs) || !this.#random.chance(probability)) return false;
    this.#count(trouble);
    return true;
  }

  #has(trouble: Trouble, timeMs: number): boolean {
    return (this.#untilMs.get(trouble) ?? 0) > timeMs;
  }

  #count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1;
  }
}
