import { type Clock, systemClock } from '../../base/clock.ts';
import { openEmbeddedEngine } from './embedded-engine.ts';
import { RoleConnection } from './role-connection.ts';
import type { Role } from './roles.ts';
import { serverLink } from './server-link.ts';

export interface ClickHouseOptions {
  /** undefined = the embedded engine in `dataDir`. */
  readonly url: string | undefined;
  readonly user: string;
  readonly password: string;
  /** Folder of the embedded engine: one process at a time. */
  readonly dataDir: string;
  readonly clock?: Clock;
}

/**
 * ClickHouse as the rest of the program sees it: one connection per role, so that what one role sets, breaks or waits
 * for never reaches another. The functions of this folder (`performInsert`, `readOnlyQuery`, …) take it as argument.
 */
export interface ClickHouse {
  readonly embedded: boolean;
  role(role: Role): RoleConnection;
  close(): Promise<void>;
}

/** Opens ClickHouse: the embedded engine without a URL, else the server or cluster behind it. Connects lazily to a server. */
export async function openClickHouse(options: ClickHouseOptions): Promise<ClickHouse> {
  const clock = options.clock ?? systemClock;
  const { url, user, password, dataDir } = options;
  const engine = url === undefined ? await openEmbeddedEngine(dataDir) : undefined;
  const open = engine?.link ?? ((role: Role) => serverLink({ url: url ?? '', user, password }, role));
  const roles = new Map<Role, RoleConnection>();
  return {
    embedded: engine !== undefined,
    role(role) {
      const known = roles.get(role);
      if (known !== undefined) return known;
      const connection = new RoleConnection({ role, open, clock, serial: engine !== undefined });
      roles.set(role, connection);
      return connection;
    },
    async close() {
      await Promise.all([...roles.values()].map((role) => role.close()));
      await engine?.close();
    },
  };
}
