import { ok } from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { Log } from '../../../log/port.ts';
import type { HostWindowsBlock, TierSecondsBlock } from '../../../schemas/blocks.ts';
import { codecOf } from '../../../schemas/codec.ts';
import { counters } from '../../../schemas/counters.ts';
import { schemaIdOf } from '../../../schemas/wire-format.ts';
import type { ExpectedHost } from '../../oracle/expected-windows.ts';

/** What the result topics hold: digests of tier and values, by host and end of window. */
export interface FoundWindows {
  readonly hostWindows: Map<string, string>;
  readonly tierSeconds: Map<string, string>;
}

type Decoded<T extends 'dyno.host-windows.v1' | 'dyno.tier-seconds.v1' | 'dyno.tier-windows.v1'> = ReturnType<
  ReturnType<typeof codecOf<T>>['decode']
>;

/** Reads both topics of blocks; a (host, window) that is there twice throws. */
export async function foundWindows(log: Log, metrics: readonly string[]): Promise<FoundWindows> {
  const hostWindows = new Map<string, string>();
  const tierSeconds = new Map<string, string>();
  for await (const block of messagesOf(log, 'dyno.host-windows.v1'))
    if (block.kind === 'host-windows') take(hostWindows, block, (host) => tenSeconds(block, host));
  for await (const block of messagesOf(log, 'dyno.tier-seconds.v1'))
    if (block.kind === 'tier-seconds') take(tierSeconds, block, (host) => oneSecond(block, host, metrics));
  return { hostWindows, tierSeconds };
}

/** All committed messages of a topic of blocks. The registry is not asked: what this program wrote it can read. */
export async function* messagesOf<T extends 'dyno.host-windows.v1' | 'dyno.tier-seconds.v1' | 'dyno.tier-windows.v1'>(
  log: Log,
  topic: T,
): AsyncGenerator<Decoded<T>> {
  const codec = codecOf(topic);
  const { endOffsets } = await log.topicState(topic);
  for (const partition of endOffsets.keys()) {
    for await (const { values } of log.read({ topic, partition })) {
      for (const value of values) {
        if (value === null) continue;
        const id = schemaIdOf(value)!;
        if (!codec.knowsSchema(id)) codec.addSchema(id, codec.schemaJson);
        yield codec.decode(value) as Decoded<T>;
      }
    }
  }
}

/** Of what the plain loops expect, the digest that a block's host must have. */
export const digestOf = (tier: string, { values, samples, app }: ExpectedHost, windowMs: number): string =>
  windowMs === 1_000
    ? digest(tier, Float64Array.from(values), [])
    : digest(tier, Float32Array.from(values), [...samples, ...[...app].flat()]);

function take(
  rows: Map<string, string>,
  block: HostWindowsBlock | TierSecondsBlock,
  digestOfHost: (host: number) => string,
): void {
  for (const [host, identity] of block.hosts.entries()) {
    const key = `${identity.host} ${block.windowEndMs}`;
    ok(!rows.has(key), `${block.kind} has ${key} twice`);
    rows.set(key, digestOfHost(host));
  }
}

function tenSeconds({ hosts, values, samples, app }: HostWindowsBlock, host: number): string {
  const at = (column: number): number => column * hosts.length + host;
  const counts = counters.map((_, column) => samples[at(column)]!);
  const own = Float32Array.from(counters, (_, column) => (counts[column] === 0 ? Number.NaN : values[at(column)]!));
  return digest(hosts[host]!.tier, own, [...counts, ...[...(app[host] ?? [])].flat()]);
}

function oneSecond({ hosts, metrics, values }: TierSecondsBlock, host: number, wanted: readonly string[]): string {
  const own = Float64Array.from(wanted, (metric) => {
    const column = metrics.indexOf(metric);
    return column < 0 ? Number.NaN : values[column * hosts.length + host]!;
  });
  return digest(hosts[host]!.tier, own, []);
}

function digest(tier: string, values: Float32Array | Float64Array, rest: readonly (string | number)[]): string {
  const hash = createHash('md5').update(tier);
  // There are many NaNs, and one of them in a typed array of ours.
  for (const [i, value] of values.entries()) if (Number.isNaN(value)) values[i] = Number.NaN;
  hash.update(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  return hash.update(rest.join()).digest('base64');
}
