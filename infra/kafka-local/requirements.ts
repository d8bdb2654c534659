import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { kafkaJarsFolder } from './jars.ts';

const javaMajorMin = 17;

/** Why this machine cannot run a local broker, with what to do about it; `undefined` = it can. */
export function whyNoKafka(): string | undefined {
  const major = javaMajor();
  if (major === undefined)
    return 'no Java here: install a Java runtime of 17 or newer (Debian: openjdk-17-jre-headless)';
  if (major < javaMajorMin) return `Java ${major} is too old for Kafka 4: install 17 or newer`;
  if (existsSync(kafkaJarsFolder())) return undefined;
  const maven = spawnSync('mvn', ['-version'], { stdio: 'ignore' });
  return maven.status === 0 ? undefined : 'no Maven here to fetch the Kafka jars once: install it (Debian: maven)';
}

/** The major version of the `java` on the path: 17 of `openjdk version "17.0.15"`. */
function javaMajor(): number | undefined {
  const asked = spawnSync('java', ['-version'], { encoding: 'utf8' });
  const found = /version "(\d+)/.exec(asked.stderr ?? '');
  return found === null ? undefined : Number(found[1]);
}
