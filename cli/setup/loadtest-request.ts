import { DynoError } from '../../base/errors.ts';
import { nearestName } from '../../base/yaml/nearest-name.ts';
import { disturbancesTold } from '../../schemas/load-test-records.ts';

export const loadtestActions = ['status', 'start', 'stop', 'disturb', 'kill', 'unkill'] as const;
export type LoadtestAction = (typeof loadtestActions)[number];

/** What `loadtest` sends to a running program. */
export interface LoadtestWrite {
  readonly action: LoadtestAction;
  /** Of start, stop and disturb; of status, to see one tier only; kill and unkill have a scope. */
  readonly tier?: string;
  readonly generation?: string;
  /** Of disturb: what has happened, a `DisturbanceTold`. */
  readonly what?: string;
  /** Of kill and unkill: `all`, `tier:NAME` or `pool:NAME`. */
  readonly scope?: string;
  /** Of all but status. */
  readonly reason?: string;
  readonly by: string;
}

/** What each action takes, beside `action` and `by`. */
const fieldsOf: Readonly<Record<LoadtestAction, readonly string[]>> = {
  status: ['tier'],
  start: ['tier', 'generation', 'reason'],
  stop: ['tier', 'reason'],
  disturb: ['tier', 'what', 'reason'],
  kill: ['tier', 'scope', 'reason'],
  unkill: ['tier', 'scope', 'reason'],
};
/** A wrong word is shown up to here. */
const shownMax = 80;

/**
 * Checks a request, of the command or of `POST /api/loadtest`. What is not known is refused, not left out: a scope that is
 * dropped would stop every tier. A tier of kill or unkill is meant as their scope. Throws DYNO_USAGE_LOADTEST, which names
 * the first wrong word and what is expected instead.
 */
export function loadtestRequestIn(body: unknown): LoadtestWrite {
  const fields = (typeof body === 'object' && body !== null ? body : {}) as Readonly<Record<string, unknown>>;
  const action = actionIn(fields['action']);
  refuseForeign(action, fields);
  const { tier, generation, what, scope, reason, by } = fields;
  const words = { by: typeof by === 'string' ? by : 'unknown', ...(typeof reason === 'string' && { reason }) };
  const named = textIn('tier', tier);
  if (action === 'kill' || action === 'unkill')
    return { action, ...words, scope: scopeIn(action, { scope, tier: named }) };
  if (action === 'status') return { action, ...words, ...(named !== undefined && { tier: named }) };
  if (named === undefined) throw refused(`${action} needs a tier, as in loadtests.yaml`);
  if (action === 'disturb') return { action, ...words, tier: named, what: whatIn(what) };
  const of = textIn('generation', generation);
  return { action, ...words, tier: named, ...(of !== undefined && { generation: of }) };
}

function actionIn(given: unknown): LoadtestAction {
  const known = loadtestActions.find((each) => each === given);
  if (known !== undefined) return known;
  if (given === undefined) throw refused(`no action is given; write one of ${loadtestActions.join(', ')}`);
  throw refused(
    `${shown(given)} is no action${near(given, loadtestActions)}; write one of ${loadtestActions.join(', ')}`,
  );
}

function refuseForeign(action: LoadtestAction, fields: Readonly<Record<string, unknown>>): void {
  const known = ['action', 'by', ...fieldsOf[action]];
  const foreign = Object.keys(fields).find((name) => fields[name] !== undefined && !known.includes(name));
  if (foreign === undefined) return;
  const takers = loadtestActions.filter((each) => fieldsOf[each].includes(foreign));
  const advice =
    takers.length > 0 ? `only ${listed(takers)} may have it` : `it may have ${fieldsOf[action].join(', ')}`;
  throw refused(`${action} takes no ${shown(foreign)}; ${advice}`);
}

const listed = (names: readonly string[]): string =>
  names.length < 2 ? names.join() : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;

function scopeIn(
  action: LoadtestAction,
  { scope, tier }: { readonly scope: unknown; readonly tier: string | undefined },
): string {
  if (tier !== undefined && scope !== undefined)
    throw refused(
      `${action} has both the tier ${shown(tier)} and the scope ${shown(scope)}; write one of the two (a tier is the scope tier:NAME)`,
    );
  if (tier !== undefined) return `tier:${tier}`;
  if (scope === undefined) return 'all';
  if (typeof scope === 'string' && /^(all|(tier|pool):.+)$/.test(scope)) return scope;
  throw refused(`${shown(scope)} is no scope; write all, tier:NAME or pool:NAME`);
}

function whatIn(given: unknown): string {
  const known = disturbancesTold.find((each) => each === given);
  if (known !== undefined) return known;
  if (given === undefined)
    throw refused(`disturb needs what has happened; write one of ${disturbancesTold.join(', ')}`);
  throw refused(
    `${shown(given)} is nothing that disturb can tell${near(given, disturbancesTold)}; write one of ${disturbancesTold.join(', ')}`,
  );
}

function textIn(name: string, given: unknown): string | undefined {
  if (given === undefined || (typeof given === 'string' && given !== '')) return given;
  throw refused(`${shown(given)} is no ${name}; write its name`);
}

function near(given: unknown, known: readonly string[]): string {
  const nearest = typeof given === 'string' ? nearestName(given, known) : undefined;
  return nearest === undefined ? '' : `, did you mean "${nearest}"`;
}

const shown = (given: unknown): string => (JSON.stringify(given) ?? '').slice(0, shownMax);

const refused = (why: string): DynoError => new DynoError('DYNO_USAGE_LOADTEST', why);

/** Throws DYNO_USAGE_LOADTEST for a tier that nobody steers, with the nearest name of those that are. */
export function refuseUnsteered(tier: string, steered: readonly string[]): void {
  if (steered.includes(tier)) return;
  const names = [...steered].sort();
  const nearest = nearestName(tier, names);
  const advice =
    nearest === undefined
      ? `it names ${names.slice(0, 5).join(', ')}${names.length > 5 ? ` and ${names.length - 5} more` : ''}`
      : `did you mean "${nearest}"?`;
  throw refused(`tier ${shown(tier)} is not in loadtests.yaml, so nothing steers it; ${advice}`);
}
