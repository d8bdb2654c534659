import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { DynoError, messageOf } from '../../base/errors.ts';
import { parseInventory } from '../../schemas/topology-inventory.ts';
import { applyTopology } from '../setup/apply-topology.ts';
import type { Parts } from './parts.ts';

/** Applies the user's inventory; a mistake in it stops the start with file:line, before anything runs on wrong tiers. */
export async function topologyFromFile(path: string, parts: Parts, clock: Clock): Promise<void> {
  const file = relative(process.cwd(), path) || path;
  const inventory = parseInventory({ file, text: textOf(path, file) });
  await applyTopology({ log: parts.log, registry: parts.registry, inventory, nowMs: clock.nowMs() });
}

function textOf(path: string, file: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new DynoError(
      'DYNO_USAGE_TOPOLOGY',
      `${file} cannot be read: ${messageOf(cause)}; name a readable file or leave the setting out`,
      { cause },
    );
  }
}
