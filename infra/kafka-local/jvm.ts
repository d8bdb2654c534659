import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brokerSettings } from './broker-settings.ts';

export interface JvmPlace {
  readonly jarsFolder: string;
  readonly dataDir: string;
  readonly port: number;
  readonly controllerPort: number;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** True when the guard shall remove the data folder if this process dies without a word. */
  readonly removesData: boolean;
}

export interface Jvm {
  /** SIGSTOP: connections stay open and nothing is answered, until `thaw`. */
  freeze(): void;
  thaw(): void;
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

const startTimeoutMs = 60_000;
/** A broker that has not ended this long after SIGTERM is killed. */
const stopTimeoutMs = 15_000;
const quickStart = ['-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=4', '-Xshare:auto'];

const propertiesOf = (place: JvmPlace): string => join(place.dataDir, 'server.properties');
const brokerLogOf = (place: JvmPlace): string => join(place.dataDir, 'broker.log');
const classPath = (place: JvmPlace): string[] => ['-cp', join(place.jarsFolder, '*')];

/** Writes server.properties and gives a new data folder its cluster id; a formatted one is left as it is. */
export async function formatStorage(place: JvmPlace): Promise<void> {
  const logFolder = join(place.dataDir, 'log');
  await mkdir(logFolder, { recursive: true });
  await writeFile(propertiesOf(place), brokerSettings({ ...place, logFolder }, place.settings));
  if (existsSync(join(logFolder, 'meta.properties'))) return;
  // A leading dash would be read as an option.
  const clusterId = `D${randomBytes(16).toString('base64url').slice(1)}`;
  const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', propertiesOf(place)];
  await promisify(execFile)('java', ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', ...classPath(place), ...format]);
}

/** Starts the broker and waits until it serves; rejects with the broker's own last lines when it ends before that. */
export async function startJvm(place: JvmPlace): Promise<Jvm> {
  const output = await open(brokerLogOf(place), 'a');
  const child = spawn('java', [...quickStart, ...classPath(place), 'kafka.Kafka', propertiesOf(place)], {
    stdio: ['ignore', output.fd, output.fd],
    cwd: place.dataDir,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  await output.close();
  const guard = startGuard(child, place);
  const end = async (signal: 'SIGTERM' | 'SIGKILL') => {
    child.kill(signal);
    child.kill('SIGCONT');
    const late = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
    await ended;
    clearTimeout(late);
    guard.kill('SIGKILL');
  };
  const freeze = () => void child.kill('SIGSTOP');
  const thaw = () => void child.kill('SIGCONT');
  if (await serves(place.port, child)) return { freeze, thaw, end };
  await end('SIGKILL');
  const words = (await readFile(brokerLogOf(place), 'utf8')).trim().split('\n').slice(-20).join('\n');
  throw new Error(
    `Kafka did not start on 127.0.0.1:${place.port} within ${startTimeoutMs} ms; its last words:\n${words}`,
  );
}

/**
 * A broker must not outlive this process, even after kill -9. The guard reads a pipe that only this process holds open:
 * at its end, whatever the cause, it kills the broker and removes the temporary data.
 */
function startGuard(child: ChildProcess, place: JvmPlace): ChildProcess {
  const remove = place.removesData ? 'rm -rf "$2"' : ':';
  const script = `cat >/dev/null; kill -9 "$1" 2>/dev/null; ${remove}`;
  const guard = spawn('sh', ['-c', script, 'sh', String(child.pid), place.dataDir], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  (guard.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return guard;
}

/** The broker opens its port only when it can serve. */
async function serves(port: number, child: ChildProcess): Promise<boolean> {
  const attemptsMax = startTimeoutMs / 100;
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return false;
    if (await answers(port)) return true;
    await delay(100);
  }
  return false;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (open: boolean) => {
      socket.destroy();
      resolve(open);
    };
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
  });
