import { deepEqual, ok } from 'node:assert/strict';
import { checkChanges, checkFence } from './check-changes.ts';
import { checkCommands, committed } from './check-commands.ts';
import { checkFile } from './check-file.ts';
import { checkRaises } from './check-raises.ts';
import type { ControlWorld } from './control-world.ts';
import type { SteeredTier } from './steered-tier.ts';

export interface ControlChecked {
  readonly raises: number;
  readonly deathsInRamp: number;
  readonly found: boolean;
}

/** From the last fault on: a fenced controller's pause, a lease of the past, the expiry of a command. */
const settleS = 60;
/** A minute of cool-down, a baseline, a ramp; three of them, as a tier may end tests itself and then rests for 30 and 60 minutes. */
const foundWithinS = 8_000;

/** Lets everything come to rest and checks all that ever happened; `livesOn`: until each tier has its answer after all faults. */
export async function settleAndCheckControl(
  world: ControlWorld,
  { livesOn }: { readonly livesOn: boolean },
): Promise<ControlChecked> {
  const { clock, sites } = world;
  const quietMs = clock.nowMs();
  await clock.advance(settleS * 1_000);
  const waiting = new Set(sites);
  for (let atS = 0; livesOn && waiting.size > 0 && atS < foundWithinS; atS += 20) {
    await clock.advance(20_000);
    for (const site of waiting) if (hasAnswer(site, quietMs)) waiting.delete(site);
  }
  let raises = 0;
  for (const site of sites) {
    deepEqual(site.watch.findings.slice(0, 5), []);
    checkCommands(site);
    checkChanges(site);
    checkFence(site);
    checkFile(site);
    raises += checkRaises(site);
  }
  const found = livesOn && waiting.size === 0;
  ok(found || !livesOn, `no answer within ${foundWithinS} s after the last fault: ${[...waiting].map(why).join('; ')}`);
  return { raises, deathsInRamp: Math.max(...sites.map(({ watch }) => watch.deathsInRamp)), found };
}

/** What a test of the tier can come to: of a dry run that it is rehearsed. */
function hasAnswer(site: SteeredTier, sinceMs: number): boolean {
  const wanted = site.world.file.read().tiers.find(({ tier }) => tier === site.name)?.dryRun ? 'dry_run' : 'found';
  return committed(site, 'instantdyno.loadtests.v1', 40).some(
    ({ value: { ended, timeMs } }) => timeMs > sinceMs && ended?.outcome === wanted,
  );
}

function why(site: SteeredTier): string {
  const last = committed(site, 'instantdyno.loadtests.v1', 1)[0]?.value;
  return `${site.name} ${last?.phase} ${last?.action}: ${last?.reason}`;
}
