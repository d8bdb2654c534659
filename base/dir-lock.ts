import { closeSync, linkSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { DynoError } from './errors.ts';

/** Who holds the folder. Pids come again, so the process's start time and the machine's boot tell it from another. */
interface Holder {
  readonly pid: number;
  readonly startTicks: string;
  readonly bootId: string;
}

export interface DirLock {
  /** The last holder did not let go and the machine has been started again since: writes may be torn. */
  readonly afterPowerLoss: boolean;
  release(): void;
}

/** What to throw when the process with this pid holds the folder; undefined = a pid that could not be read. */
export type DirInUse = (dir: string, pid: number | undefined) => DynoError;

/**
 * Takes the folder for this process, or throws what `inUse` makes. What a killed process left is taken over: by a
 * rename, which only one of several takers can win.
 */
export function lockDir(dir: string, inUse: DirInUse): DirLock {
  mkdirSync(dir, { recursive: true });
  const path = join(dir, 'holder.json');
  const mine: Holder = { pid: process.pid, startTicks: startTicksOf(process.pid) ?? '', bootId: bootId() };
  const release = () => {
    if (same(read(path), mine)) unlinkSync(path);
  };
  if (create(path, mine)) return { afterPowerLoss: false, release };
  const left = read(path);
  if (left !== undefined && alive(left)) throw inUse(dir, left.pid);
  const aside = `${path}.${process.pid}`;
  rename(path, aside);
  const taken = read(aside);
  if (taken !== undefined && !same(taken, left) && alive(taken)) {
    // Another process took over between our look and our rename: give it back.
    giveBack(aside, path);
    throw inUse(dir, taken.pid);
  }
  remove(aside);
  if (create(path, mine)) return { afterPowerLoss: left !== undefined && left.bootId !== mine.bootId, release };
  throw inUse(dir, read(path)?.pid);
}

function create(path: string, holder: Holder): boolean {
  try {
    const file = openSync(path, 'wx');
    writeSync(file, JSON.stringify(holder));
    closeSync(file);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** `undefined` when there is none or it is not whole (a process was killed while it wrote it). */
function read(path: string): Holder | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof found !== 'object' || found === null) return undefined;
    const { pid, startTicks, bootId: boot } = found as Partial<Record<keyof Holder, unknown>>;
    if (typeof pid !== 'number' || typeof startTicks !== 'string' || typeof boot !== 'string') return undefined;
    return { pid, startTicks, bootId: boot };
  } catch {
    return undefined;
  }
}

function alive({ pid, startTicks, bootId: boot }: Holder): boolean {
  if (boot !== bootId()) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (isCode(error, 'ESRCH')) return false;
  }
  const now = startTicksOf(pid);
  if (now === 'ended') return false;
  return now === undefined || startTicks === '' || now === startTicks;
}

/**
 * Field 22 of /proc/PID/stat; the name before it may hold blanks and brackets. `ended` for a process that was killed and
 * that its parent has not asked about yet; `undefined` where there is no /proc.
 */
function startTicksOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' || fields[0] === 'X' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return '';
  }
}

const same = (a: Holder | undefined, b: Holder | undefined): boolean =>
  a !== undefined && b !== undefined && a.pid === b.pid && a.startTicks === b.startTicks && a.bootId === b.bootId;

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

function rename(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}

function giveBack(from: string, to: string): void {
  try {
    linkSync(from, to);
  } finally {
    remove(from);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
  }
}
