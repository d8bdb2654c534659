import { DynoError } from '../../../base/errors.ts';
import type { PoolServer, PoolState } from '../driver.ts';

/**
 * Answers of HAProxy's runtime API. It has no codes: success of `set` is silence, an error is a sentence, and what is
 * recognised here is what version 2.6 says.
 */

/** Layouts of `show servers state` known here; columns are found by name all the same. */
const stateVersion = '1';
/** `srv_op_state` of a server that takes requests (2 = running). */
const running = 2;

/** Rejects what is not the state of exactly this backend with DYNO_BALANCER_UNREACHABLE. */
export function poolStateIn(answer: string, backend: string): PoolState {
  const [version, header, ...rows] = answer.split('\n').filter((line) => line.trim() !== '');
  if (version !== stateVersion || !header?.startsWith('# ')) throw notUnderstood(backend, answer);
  const names = header.slice(2).split(' ');
  const servers = rows.map((row) => {
    const fields = row.split(' ');
    const field = (name: string): string => fields[names.indexOf(name)] ?? '';
    const whole = (name: string): number => {
      if (!/^\d+$/.test(field(name))) throw notUnderstood(backend, row);
      return Number(field(name));
    };
    if (field('be_name') !== backend || field('srv_name') === '') throw notUnderstood(backend, row);
    const server: PoolServer = {
      weight: whole('srv_uweight'),
      configuredWeight: whole('srv_iweight'),
      healthy: whole('srv_op_state') === running && whole('srv_admin_state') === 0,
    };
    return [field('srv_name'), server] as const;
  });
  if (servers.length === 0) throw notUnderstood(backend, 'no server');
  return new Map(servers);
}

/** What `set server … weight` commands complain of, one sentence; undefined = nothing. */
export function complaintIn(answer: string): string | undefined {
  const lines = answer.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? undefined : lines.slice(0, 3).join(' ');
}

/** True for the complaint of a backend whose weights cannot change while it runs. */
export const saysStatic = (complaint: string): boolean => complaint.includes('static LB algorithm');

/** Column `algo` of the one backend in an answer to `show stat`; undefined where HAProxy does not tell (level below operator). */
export function algorithmIn(answer: string): string | undefined {
  const [header, row] = answer.split('\n').filter((line) => line.trim() !== '');
  if (!header?.startsWith('# ') || row === undefined) return undefined;
  const algorithm = row.split(',')[header.slice(2).split(',').indexOf('algo')];
  return algorithm === '' ? undefined : algorithm;
}

const notUnderstood = (backend: string, answer: string): DynoError =>
  new DynoError(
    'DYNO_BALANCER_UNREACHABLE',
    `HAProxy's answer about backend ${backend} is not understood: ${answer.trim().slice(0, 200) || '(empty)'}`,
    { retryable: true },
  );
