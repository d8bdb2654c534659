import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { projectFile } from '../base/project-file.ts';
import { catalogueFile, currentCatalogue } from './catalogue.ts';
import { avroTopics, codecOf, subjectOf } from './codec.ts';
import { missingGoldenFiles } from './golden-file.ts';
import { countersPage, topicsPage } from './reference-pages.ts';
import { settingsPage } from './settings-page.ts';

/**
 * Writes everything that is made from the catalogue, the schemas, the topics and the settings. With `--check` it writes
 * nothing, names what is stale and fails: `npm run check` runs it so.
 */
function main(checkOnly: boolean): number {
  const wanted = new Map([...schemaFiles(), catalogueFile(currentCatalogue), ...pages(), ...missingGoldenFiles()]);
  const stale = [...wanted].filter(([path, text]) => currentText(path) !== text).map(([path]) => path);
  const leftOver = readdirSync(projectFile(schemaFolder))
    .filter((name) => name.endsWith('.avsc'))
    .map((name) => `${schemaFolder}/${name}`)
    .filter((path) => !wanted.has(path));
  if (isRewritten(catalogueFile(currentCatalogue))) return 1;
  if (checkOnly) return report([...stale, ...leftOver]);
  for (const path of stale) {
    mkdirSync(dirname(projectFile(path)), { recursive: true });
    writeFileSync(projectFile(path), wanted.get(path) ?? '');
    process.stdout.write(`wrote ${path}\n`);
  }
  for (const path of leftOver) {
    rmSync(projectFile(path));
    process.stdout.write(`removed ${path}\n`);
  }
  return 0;
}

const schemaFolder = 'schemas/generated';

/** What is registered under each subject, for programs that are not ours. */
const schemaFiles = (): [path: string, text: string][] =>
  avroTopics.map((topic) => {
    const schema = JSON.parse(codecOf(topic).schemaJson) as unknown;
    return [`${schemaFolder}/${subjectOf(topic)}.avsc`, `${JSON.stringify(schema, undefined, 2)}\n`];
  });

const pages = (): [path: string, text: string][] => [
  ['docs/reference/counters.md', countersPage()],
  ['docs/reference/settings.md', settingsPage()],
  ['docs/reference/topics.md', topicsPage()],
];

/** A list that blocks were written with is never changed: a change of the catalogue is a new version. */
function isRewritten([path, text]: [path: string, text: string]): boolean {
  const written = currentText(path);
  if (written === undefined || written === text) return false;
  process.stderr.write(
    `The counters are not those of ${path} any more.\nRaise catalogueVersion in schemas/counters.ts, then run "npm run generate".\n`,
  );
  return true;
}

const currentText = (path: string): string | undefined =>
  existsSync(projectFile(path)) ? readFileSync(projectFile(path), 'utf8') : undefined;

function report(stale: readonly string[]): number {
  if (stale.length === 0) return 0;
  process.stderr.write(
    `These generated files are stale: ${stale.join(', ')}.\nRun "npm run generate" and commit them.\n`,
  );
  return 1;
}

process.exitCode = main(process.argv.includes('--check'));
