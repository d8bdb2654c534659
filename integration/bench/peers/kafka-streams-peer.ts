import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { projectFile } from '../../../base/project-file.ts';
import { counters } from '../../../schemas/counters.ts';
import { hostCountersSchema } from '../../../schemas/host-counters.ts';
import { lastJsonLine, type Measured } from '../measured-child.ts';

const source = projectFile('integration', 'bench', 'peers', 'kafka-streams');
/** host, time_ms, interval_ms, sequence stand before the counters. */
const firstCounterField = 4;

export interface PeerRun {
  readonly bootstrap: string;
  readonly application: string;
  readonly records: number;
  readonly warmRecords: number;
  /** For state and the schema. */
  readonly folder: string;
  readonly rowsFile?: string;
}

/** Builds the peer by Maven, once per state of its sources, into the user's cache folder. */
export async function buildKafkaStreamsPeer(say: (words: string) => void): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const folder = join(cache, 'dynoscope', `kafka-streams-peer-${hashOfSources()}`);
  if (existsSync(folder)) return folder;
  say(`building the Kafka Streams peer, once, into ${folder}`);
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.part-`);
  try {
    await cp(source, work, { recursive: true, filter: (path) => !path.endsWith('target') });
    const goals = ['-q', '-B', 'compile', 'dependency:copy-dependencies', '-DoutputDirectory=target/lib'];
    await promisify(execFile)('mvn', goals, { cwd: work, maxBuffer: 16 << 20 });
    await rename(join(work, 'target'), folder);
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** One run of the peer over the whole topic. */
export async function runKafkaStreamsPeer(built: string, run: PeerRun): Promise<Measured> {
  const schemaFile = join(run.folder, 'counters.avsc');
  await writeFile(schemaFile, hostCountersSchema());
  const classPath = `${join(built, 'classes')}:${join(built, 'lib', '*')}`;
  const what = [run.bootstrap, 'dyno.counters.v1', run.application, schemaFile, firstCounterField, counters.length];
  const how = [
    run.records,
    run.warmRecords,
    join(run.folder, run.application),
    ...(run.rowsFile ? [run.rowsFile] : []),
  ];
  const args = ['-Xmx1g', '-cp', classPath, 'dynoscope.peer.WindowsPeer', ...[...what, ...how].map(String)];
  return lastJsonLine('java', args, {}, 600_000);
}

function hashOfSources(): string {
  const hash = createHash('sha256');
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((path) => /\.(java|xml)$/.test(path));
  for (const path of files.filter((path) => !path.startsWith('target')).sort())
    hash.update(path).update(readFileSync(join(source, path)));
  return hash.digest('hex').slice(0, 12);
}
