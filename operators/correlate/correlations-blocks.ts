import { type CorrelationsBlock, correlationFigures } from '../../schemas/blocks.ts';
import type { BlockSource } from '../window/window-blocks.ts';
import type { EntityRows } from './entity-correlations.ts';

export interface CorrelationsHead extends BlockSource {
  readonly windowEndMs: number;
  /** How often there is a block. */
  readonly windowMs: number;
  readonly metrics: readonly string[];
}

/** 144 bytes each, and what names take: a block stays below 400 kB, the log takes 1 MB. */
const rowsMax = 2_400;

/** Blocks of one moment: one for each tier, cut between entities where it would be too large. */
export function correlationsBlocks(entities: readonly EntityRows[], head: CorrelationsHead): CorrelationsBlock[] {
  const tiers = new Map<string, EntityRows[]>();
  for (const rows of entities) {
    const ofTier = tiers.get(rows.entity.tier);
    if (ofTier === undefined) tiers.set(rows.entity.tier, [rows]);
    else ofTier.push(rows);
  }
  return [...tiers].flatMap(([tier, ofTier]) => {
    const parts = cut(ofTier);
    return parts.map((members, part) => blockOf(tier, members, { ...head, part, parts: parts.length }));
  });
}

function blockOf(
  tier: string,
  members: readonly EntityRows[],
  head: CorrelationsHead & { readonly part: number; readonly parts: number },
): CorrelationsBlock {
  const rows = rowsIn(members);
  const rowEntities = new Int32Array(rows);
  const rowX = new Int32Array(rows);
  const rowY = new Int32Array(rows);
  const rowWindowsS = new Int32Array(rows);
  const figures = new Float64Array(rows * correlationFigures.length);
  let at = 0;
  for (const [number, member] of members.entries()) {
    rowEntities.fill(number, at, at + member.rows);
    rowX.set(member.rowX, at);
    rowY.set(member.rowY, at);
    for (let row = 0; row < member.rows; row++) rowWindowsS[at + row] = member.rowWindowsMs[row]! / 1_000;
    for (let figure = 0; figure < correlationFigures.length; figure++) {
      const column = member.figures.subarray(figure * member.rows, (figure + 1) * member.rows);
      figures.set(column, figure * rows + at);
    }
    at += member.rows;
  }
  const names = members.map(({ entity: { generation, host } }) => ({ generation, host }));
  return { kind: 'correlations', ...head, tier, entities: names, rowEntities, rowX, rowY, rowWindowsS, figures };
}

function cut(members: readonly EntityRows[]): EntityRows[][] {
  const parts: EntityRows[][] = [];
  for (const member of members) {
    const part = parts.at(-1);
    if (part === undefined || rowsIn(part) + member.rows > rowsMax) parts.push([member]);
    else part.push(member);
  }
  return parts;
}

const rowsIn = (members: readonly EntityRows[]): number => members.reduce((sum, { rows }) => sum + rows, 0);
