import type { Clock } from '../../base/clock.ts';
import type { SavedQuery } from '../api-types.ts';
import type { LiveFleet } from '../live-fleet.ts';
import type { ReadOnlyQuery } from '../read-only-query.ts';
import type { StatusReport } from '../status-report.ts';
import type { Asset } from './page-assets.ts';
import type { StreamHub } from './stream-hub.ts';

/** What the routes are given. */
export interface RouteContext {
  readonly clock: Clock;
  readonly live: LiveFleet;
  readonly queries: ReadOnlyQuery;
  readonly savedQueries: readonly SavedQuery[];
  readonly status: () => StatusReport;
  readonly stream: StreamHub;
  readonly assets: ReadonlyMap<string, Asset>;
  readonly writes: readonly WriteRoute[];
  /** The tier table as JSON, made at most a few times a second however many ask. */
  readonly tiersJson: () => string;
  /** Tiers that load tests may steer; undefined = nothing says which. */
  readonly steeredTiers: readonly string[] | undefined;
  /** Name of the page's host for links; undefined fields are left out. */
  readonly thisHost: string;
}

/** A write offered over HTTP, for commands that go through the running program: who wrote what is logged. */
export interface WriteRoute {
  /** Path under `/api/`, for example `topology`. */
  readonly path: string;
  readonly summary: string;
  /** Parses the body itself; a DynoError says what is wrong with it. The answer is sent as JSON. */
  readonly run: (body: unknown, who: string) => Promise<unknown>;
}
