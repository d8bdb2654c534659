import type { Clock } from '../../base/clock.ts';
import { DynoError } from '../../base/errors.ts';
import type { WriteRoute } from '../../overwatch/http/context.ts';
import { parseInventory } from '../../schemas/topology-inventory.ts';
import { applyTopology, planWords } from './apply-topology.ts';
import type { LogAndRegistry } from './with-log-and-registry.ts';

/** What `topology apply` sends to a running program: the file as it is, so that errors name its lines. */
export interface TopologyWrite {
  readonly file: string;
  readonly text: string;
}

export interface TopologyWritten {
  /** What was done, a sentence. */
  readonly says: string;
  readonly hosts_changed: number;
  readonly hosts_unchanged: number;
  readonly services_changed: number;
  readonly services_unchanged: number;
}

/** `POST /api/topology` of a program that holds the log or the registry. One at a time: each plan reads what the last one wrote. */
export function topologyWrite(options: LogAndRegistry & { readonly clock: Clock }): WriteRoute {
  let last: Promise<unknown> = Promise.resolve();
  return {
    path: 'topology',
    summary: 'Applies an inventory: {file, text} with the text of a topology.yaml or CSV file.',
    run: (body) => {
      const next = last.catch(() => {}).then(() => applied(options, body));
      last = next;
      return next;
    },
  };
}

/** Reads the inventory, brings the log to it and answers what changed. */
export async function applied(
  { log, registry, clock }: LogAndRegistry & { readonly clock: Clock },
  body: unknown,
): Promise<TopologyWritten> {
  const plan = await applyTopology({ log, registry, inventory: parseInventory(writeOf(body)), nowMs: clock.nowMs() });
  return {
    says: planWords(plan),
    hosts_changed: plan.hosts.length,
    hosts_unchanged: plan.unchangedHosts,
    services_changed: plan.services.length,
    services_unchanged: plan.unchangedServices,
  };
}

function writeOf(body: unknown): TopologyWrite {
  const { file, text } = (typeof body === 'object' && body !== null ? body : {}) as Partial<Record<string, unknown>>;
  if (typeof file === 'string' && typeof text === 'string') return { file, text };
  throw new DynoError(
    'DYNO_USAGE_TOPOLOGY',
    'the body is not {"file": name, "text": what the file says}; send both as texts',
  );
}
