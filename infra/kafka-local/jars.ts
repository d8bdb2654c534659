import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

export const kafkaVersion = '4.1.0';

/** Where the jars are kept between runs: the user's cache folder, nothing of the project. */
export const kafkaJarsFolder = (): string =>
  join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'dynoscope', `kafka-${kafkaVersion}`);

/**
 * The folder with the jars of Apache Kafka and all they need, fetched once from Maven Central (54 MB). It appears by one
 * rename: a killed or a second download at the same time leaves no half folder.
 */
export async function fetchKafkaJars(say: (line: string) => void): Promise<string> {
  const folder = kafkaJarsFolder();
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const work = await mkdtemp(`${folder}.part-`);
  try {
    say(`Fetching Apache Kafka ${kafkaVersion} from Maven Central, once, into ${folder}`);
    await writeFile(join(work, 'pom.xml'), pom);
    await maven(work);
    await rename(join(work, 'lib'), folder).catch((error: unknown) => {
      if (!existsSync(folder)) throw error;
    });
    return folder;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function maven(work: string): Promise<void> {
  const goal = ['dependency:copy-dependencies', '-DoutputDirectory=lib', '-DincludeScope=runtime'];
  try {
    await promisify(execFile)('mvn', ['-q', '-B', ...goal], { cwd: work, maxBuffer: 16 << 20 });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    const tail = `${stdout}\n${stderr}`.trim().split('\n').slice(-15).join('\n');
    throw new Error(`Maven could not fetch the jars of Apache Kafka ${kafkaVersion}; its last words:\n${tail}`, {
      cause: error,
    });
  }
}

const dependency = (artifact: string): string =>
  `<dependency><groupId>org.apache.kafka</groupId><artifactId>${artifact}</artifactId><version>${kafkaVersion}</version></dependency>`;

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>dynoscope</groupId><artifactId>kafka-local</artifactId><version>1</version>
  <dependencies>${dependency('kafka_2.13')}${dependency('kafka-tools')}</dependencies>
</project>
`;
