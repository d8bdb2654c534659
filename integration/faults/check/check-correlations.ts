import { ok } from 'node:assert/strict';
import { driveStage } from '../../../pipelines/testing/drive-stage.ts';
import { type CorrelationsBlock, correlationFigures, type WindowMarker } from '../../../schemas/blocks.ts';
import { codecOf } from '../../../schemas/codec.ts';
import { unassignedTier } from '../../../schemas/topology.ts';
import { blockSchemaIds } from '../simulation/block-schemas.ts';
import { correlationsStage } from '../simulation/simulated-stages.ts';
import type { SimulatedWorld } from '../simulation/simulated-world.ts';
import type { RowsOf } from './check-windows.ts';
import { compareRows } from './compare-rows.ts';
import type { PartitionTruth } from './world-truth.ts';

const secondsTopic = 'dyno.tier-seconds.v1';
const correlationsTopic = 'instantdyno.correlations.v1';
/** Ticks close empty seconds to the very end: what closed just now may still be on its way. */
const onItsWayMs = 20_000;

type Message = CorrelationsBlock | WindowMarker;

const seconds = codecFor(secondsTopic);
const correlations = codecFor(correlationsTopic);

function codecFor<T extends typeof secondsTopic | typeof correlationsTopic>(topic: T) {
  const codec = codecOf(topic);
  codec.addSchema(blockSchemaIds.get(topic)!, codec.schemaJson);
  return codec;
}

/**
 * Correlations: what the topic holds is byte for byte what an undisturbed run makes of the seconds as they lie in the
 * log, each block once; every (entity, second) that plain loops know is among them; the table has the same rows.
 */
export async function checkCorrelations(
  world: SimulatedWorld,
  rowsOf: RowsOf,
  truths: readonly PartitionTruth[],
): Promise<void> {
  const throughMs = world.clock.nowMs() - onItsWayMs;
  const isSettled = ({ value }: Said): boolean => timeOf(value) <= throughMs;
  const found = saidIn(world).filter(isSettled);
  const undisturbed = (await undisturbedRun(world)).filter(isSettled);
  ok(undisturbed.length > 0, 'nothing was correlated: the world was too short');
  compareRows(
    correlationsTopic,
    found.map((said) => [nameOf(said), said.bytes] as const),
    new Map(undisturbed.map((said) => [nameOf(said), said.bytes])),
  );
  const blocks = found.flatMap(({ value }) => (value.kind === 'correlations' ? [value] : []));
  checkEntities(world, blocks, truths, throughMs);
  checkTable(rowsOf, blocks, throughMs);
}

interface Said {
  readonly partition: number;
  readonly value: Message;
  readonly bytes: string;
}

const timeOf = (value: Message): number => (value.kind === 'marker' ? value.closedThroughMs : value.windowEndMs);

const nameOf = ({ partition, value }: Said): string =>
  value.kind === 'marker'
    ? `${partition}: ${value.source} through ${value.closedThroughMs}`
    : `${partition}: ${value.source} ${value.tier} ${value.windowEndMs} ${value.part}/${value.parts}`;

const saidOf = (partition: number, bytes: Buffer): Said => ({
  partition,
  value: correlations.decode(bytes),
  bytes: bytes.toString('latin1'),
});

const isCommitted = (record: { readonly transaction: { readonly outcome: string } | undefined }): boolean =>
  record.transaction?.outcome === 'committed';

/** Of the world's epoch, as a reader of committed records finds it. */
const saidIn = ({ cluster, epoch }: SimulatedWorld): Said[] =>
  cluster
    .partitions(correlationsTopic)
    .flatMap(({ records }, partition) =>
      records.filter(isCommitted).flatMap(({ value }) => (value === null ? [] : [saidOf(partition, value)])),
    )
    .filter(({ value }) => value.epoch === epoch);

async function undisturbedRun({ cluster, epoch, partitions }: SimulatedWorld): Promise<Said[]> {
  const stage = correlationsStage({
    ensureSchemas: () => Promise.resolve(),
    decode: (value) => seconds.decode(value),
  });
  const said: Said[] = [];
  for (const [partition, { records: all }] of cluster.partitions(secondsTopic).entries()) {
    const records = all.filter(isCommitted);
    const { outputs } = await driveStage({ stage, records, partition, partitions, epoch });
    for (const { topic, partition: to, value } of outputs)
      if (topic === correlationsTopic) said.push(saidOf(to, value!));
  }
  return said;
}

/** Tiers and their generations, each in each second in which plain loops find a host of it. */
function checkEntities(
  { inventory }: SimulatedWorld,
  blocks: readonly CorrelationsBlock[],
  truths: readonly PartitionTruth[],
  throughMs: number,
): void {
  const expected = new Map<string, string>();
  for (const { windowMs, endMs, hosts } of truths.flatMap((truth) => truth.expected.windows)) {
    if (windowMs !== 1_000 || endMs > throughMs) continue;
    for (const host of hosts.keys()) {
      const { tier } = inventory.placementOf(host, endMs);
      const generations = tier === unassignedTier ? [''] : ['', 'NHM'];
      for (const generation of generations) expected.set(`${tier}/${generation} ${endMs}`, '');
    }
  }
  const found = blocks.flatMap(({ tier, windowEndMs, entities }) =>
    entities.map(({ generation }) => [`${tier}/${generation} ${windowEndMs}`, ''] as const),
  );
  compareRows('entities of correlations', found, expected);
}

const toldInTable = ['n', 'r', 'slope'] as const;

function checkTable(rowsOf: RowsOf, blocks: readonly CorrelationsBlock[], throughMs: number): void {
  const expected = new Map<string, string>();
  for (const { tier, windowEndMs, metrics, entities, rowEntities, rowX, rowY, rowWindowsS, figures } of blocks)
    for (const [row, entity] of rowEntities.entries()) {
      const pair = `${metrics[rowX[row]!]}/${metrics[rowY[row]!]}`;
      const told = toldInTable.map((name) => figures[correlationFigures.indexOf(name) * rowEntities.length + row]!);
      expected.set(
        `${tier}/${entities[entity]!.generation} ${windowEndMs} ${pair} ${rowWindowsS[row]}`,
        told.map((figure) => (Number.isNaN(figure) ? '\\N' : String(figure))).join(' '),
      );
    }
  const found = rowsOf('correlations').flatMap((row) => {
    const endMs = Number(row.get('time')) * 1_000;
    const pair = `${row.get('x')}/${row.get('y')}`;
    const key = `${row.get('tier')}/${row.get('generation')} ${endMs} ${pair} ${row.get('window_s')}`;
    const told = toldInTable.map((name) => (row.get(name) === '\\N' ? '\\N' : String(Number(row.get(name)))));
    return endMs <= throughMs ? [[key, told.join(' ')] as const] : [];
  });
  compareRows('correlations', found, expected);
}
