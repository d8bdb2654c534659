import avro from 'avsc';
import { lendBuffer } from '../base/lent-memory.ts';
import { type AppEntries, packApp } from './app-entries.ts';
import { avroFile } from './avro-file.ts';
import { Dictionary, expectLength, headRecordOf, packHosts } from './block-head.ts';
import type { BlockHead, HostWindowsBlock, TierSecondsBlock } from './blocks.ts';
import { packNumbers } from './packed-numbers.ts';
import { wirePrefixBytes, writeWirePrefix } from './wire-format.ts';

/**
 * Blocks as bytes, the same that avsc writes: they leave `windows` for every tier and second, and what stays the same
 * from one to the next (the hosts, the names of the metrics) is kept as bytes. Their memory is lent.
 */
export function tierSecondsBytes(block: TierSecondsBlock, schemaId: number): Buffer {
  expectLength('values', block.values.length, block.metrics.length * block.hosts.length);
  return joined(schemaId, [
    headNumbers(block),
    hostsBytes(block),
    metricsBytes(block.metrics),
    ...withLength(packNumbers(block.values)),
  ]);
}

export function hostWindowsBytes(block: HostWindowsBlock, schemaId: number): Buffer {
  expectLength('samples', block.samples.length, block.values.length);
  const hasApp = block.app.some((means) => means !== undefined && means.size > 0);
  const { hosts, app } = hasApp ? hostsAndApp(block) : { hosts: hostsBytes(block), app: noApp };
  return joined(schemaId, [
    headNumbers(block),
    hosts,
    longs([block.catalogueVersion]),
    ...withLength(packNumbers(block.values)),
    ...withLength(block.samples),
    ...withLength(packNumbers(app.entries)),
    ...withLength(packNumbers(app.values)),
  ]);
}

/** Both kinds are the first branch of their topic's union; the marker is the second. */
const blockBranch = 0;

const headNumbers = (head: BlockHead): Buffer =>
  longs([
    blockBranch,
    head.windowEndMs,
    head.windowMs,
    head.source,
    head.sources,
    head.epoch,
    head.part,
    head.parts,
    head.hosts.length,
  ]);

const longType = avro.Type.forSchema('long');
const stringsType = avro.Type.forSchema({ type: 'array', items: 'string' });
const hostFields = ['dictionary', 'identity_columns', 'identities'];
const hostsType = avro.Type.forSchema({
  type: 'record',
  name: 'Hosts',
  fields: (avroFile('tier-seconds-block')['fields'] as { name: string }[]).filter(({ name }) =>
    hostFields.includes(name),
  ) as never,
});

const knownHosts = new WeakMap<BlockHead['hosts'], Buffer>();
const knownMetrics = new WeakMap<readonly string[], Buffer>();

function hostsBytes(head: BlockHead): Buffer {
  let known = knownHosts.get(head.hosts);
  if (known === undefined) {
    known = hostsType.toBuffer(headRecordOf(head));
    knownHosts.set(head.hosts, known);
  }
  return known;
}

function metricsBytes(metrics: readonly string[]): Buffer {
  let known = knownMetrics.get(metrics);
  if (known === undefined) {
    known = stringsType.toBuffer(metrics);
    knownMetrics.set(metrics, known);
  }
  return known;
}

const noApp: AppEntries = { entries: new Int32Array(0), values: new Float64Array(0) };

/** Names of application values stand in the dictionary, behind those of the hosts. */
function hostsAndApp(block: HostWindowsBlock): { readonly hosts: Buffer; readonly app: AppEntries } {
  const dictionary = new Dictionary();
  const identities = packHosts(block.hosts, dictionary);
  const app = packApp(block.app, dictionary);
  return { hosts: hostsType.toBuffer(headRecordOf(block, identities)), app };
}

function longs(numbers: readonly number[]): Buffer {
  return Buffer.concat(numbers.map((number) => longType.toBuffer(number)));
}

const withLength = (bytes: Uint8Array): [Uint8Array, Uint8Array] => [longType.toBuffer(bytes.length), bytes];

function joined(schemaId: number, parts: readonly Uint8Array[]): Buffer {
  let length = wirePrefixBytes;
  for (const part of parts) length += part.length;
  const value = lendBuffer(length);
  writeWirePrefix(value, schemaId);
  let at = wirePrefixBytes;
  for (const part of parts) {
    value.set(part, at);
    at += part.length;
  }
  return value;
}
