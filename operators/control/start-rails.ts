import type { ControllerState } from './controller-state.ts';
import type { RailFinding, RailName } from './decisions.ts';
import { limits } from './limits.ts';
import { whyNotBeside } from './neighbour-tests.ts';
import type { TestRequest, Tick } from './tier-events.ts';

/** What forbids that this test begins. `abort`: it never may. `hold`: not yet; it has to be asked for again. */
export function startRails(state: ControllerState, request: TestRequest, tick: Tick): RailFinding[] {
  return [
    tierSize(request),
    panelShare(request),
    panelWeight(request),
    poolWeights(state, request),
    cooldown(state, tick),
    bake(state, request, tick),
    beside(state, request, tick),
  ].filter((finding) => finding !== undefined);
}

/** These keep a test that is asked for from ever beginning, however long it waits. */
export const neverRails: ReadonlySet<RailName> = new Set(['tier_size', 'panel_share', 'panel_weight']);

const never = (rail: RailName, reason: string): RailFinding => ({ rail, verdict: 'abort', cause: 'pipeline', reason });
const notYet = (rail: RailName, reason: string): RailFinding => ({ rail, verdict: 'hold', cause: 'pipeline', reason });

const tierSize = ({ tierHosts }: TestRequest): RailFinding | undefined =>
  tierHosts < limits.tierHostsMin
    ? never('tier_size', `a tier of ${tierHosts} hosts is only observed; ${limits.tierHostsMin} are needed for a test`)
    : undefined;

export interface PanelSizes {
  /** Hosts of the generation on the build under test. */
  readonly generationHosts: number;
  readonly tierHosts: number;
  readonly largestShare: number;
}

/** Most hosts that may be tested at once: 8, a fifth of their generation, 5 % of the tier or less; at least one. */
export function panelHostsMax({ generationHosts, tierHosts, largestShare }: PanelSizes): number {
  const ofTier = Math.min(largestShare, limits.panelTierShare) * tierHosts;
  const ofGeneration = limits.panelGenerationShare * generationHosts;
  return Math.max(1, Math.floor(Math.min(limits.panelHostsMax, ofTier, ofGeneration)));
}

function panelShare(request: TestRequest): RailFinding | undefined {
  const { panel } = request;
  const most = panelHostsMax(request);
  return panel.length === 0 || panel.length > most || new Set(panel).size < panel.length
    ? never('panel_share', `a panel of ${panel.length} hosts; from 1 to ${most} different ones are allowed`)
    : undefined;
}

/** Weights are read by position: the n-th safe weight is that of the n-th host. */
function panelWeight({ panel, safeWeights, weightMax }: TestRequest): RailFinding | undefined {
  if (safeWeights.length !== panel.length)
    return never('panel_weight', `${safeWeights.length} safe weights for a panel of ${panel.length} hosts`);
  const wrong = safeWeights.find(({ weight }) => !Number.isInteger(weight) || weight < 1 || weight > weightMax);
  return wrong === undefined
    ? undefined
    : never('panel_weight', `safe weight ${wrong.weight} of ${wrong.server} is no whole number from 1 to ${weightMax}`);
}

/** A test begins from weights that the balancer was seen to have: compare-and-set needs them. */
function poolWeights({ observed }: ControllerState, { safeWeights, pool }: TestRequest): RailFinding | undefined {
  if (observed === undefined) return notYet('ack', `the adapter of ${pool} has not said what weights there are`);
  for (const { server, weight } of safeWeights) {
    const seen = observed.find((read) => read.server === server);
    if (seen === undefined) return never('panel_weight', `${pool} has no server ${server}`);
    if (seen.weight !== weight)
      return notYet('readback', `${server} has weight ${seen.weight}, its safe weight is ${weight}`);
  }
  return undefined;
}

function cooldown({ cooldownUntilMs }: ControllerState, { wallMs }: Tick): RailFinding | undefined {
  const leftS = Math.ceil((cooldownUntilMs - wallMs) / 1_000);
  return leftS > 0 ? notYet('cooldown', `the tier rests for another ${leftS} s`) : undefined;
}

function bake({ disturbedMs }: ControllerState, { bakeS }: TestRequest, { wallMs }: Tick): RailFinding | undefined {
  if (disturbedMs === undefined) return undefined;
  const agoS = Math.floor((wallMs - disturbedMs) / 1_000);
  return agoS < bakeS
    ? notYet('bake', `a deploy, reload, failover or other disturbance was ${agoS} s ago; ${bakeS} s are waited`)
    : undefined;
}

function beside({ neighbours }: ControllerState, { neighbours: names, bakeS }: TestRequest, { wallMs }: Tick) {
  const because = whyNotBeside(neighbours, { names, bakeS, wallMs });
  return because === undefined ? undefined : notYet('neighbour', because);
}
