import { deepEqual } from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { projectFile } from '../../base/project-file.ts';
import { goldenFiles } from '../../schemas/golden-file.ts';
import { withoutDebt } from './debt.ts';
import { codeFiles, isTest, lineAt, textFiles } from './source-files.ts';

test('every room says what lives in it', () => {
  const rooms = new Set(codeFiles.map(({ room }) => room).filter((room) => room !== ''));
  const findings = [...rooms]
    .filter((room) => !existsSync(projectFile(room, 'README.md')))
    .map((room) => `${room}/README.md:1: is missing; say in a few lines what lives here and what may not`);
  deepEqual(withoutDebt(findings), []);
});

test('package.json names exact versions', () => {
  const file = JSON.parse(readFileSync(projectFile('package.json'), 'utf8')) as Record<string, Record<string, string>>;
  const dependencies = { ...file['dependencies'], ...file['devDependencies'], ...file['optionalDependencies'] };
  const loose = Object.entries(dependencies).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  deepEqual(loose, []);
});

/** Codes in quotes; names of environment variables start the same way. */
const codePattern = /(?<!env\[|env\.)['"`](DYNO_[A-Z0-9]+(?:_[A-Z0-9]+)+)['"`]/g;

test('every error code has a page in docs/runbook, and every page a code', () => {
  const used = new Map<string, string>();
  for (const file of codeFiles) {
    if (isTest(file)) continue;
    for (const match of file.text.matchAll(codePattern)) {
      const code = match[1]!;
      if (!used.has(code) && code !== 'DYNO_LOG_LEVEL')
        used.set(code, `${file.path}:${lineAt(file.text, match.index)}`);
    }
  }
  const pages = readdirSync(projectFile('docs', 'runbook'))
    .filter((name) => name.startsWith('DYNO_'))
    .map((name) => name.replace(/\.md$/, ''));
  const withoutPage = [...used]
    .filter(([code]) => !pages.includes(code))
    .map(([code, place]) => `${place}: docs/runbook/${code}.md is missing; say what it means, its cause, what to do`);
  const withoutCode = pages
    .filter((page) => !codeFiles.some((file) => !isTest(file) && file.text.includes(page)))
    .map((page) => `docs/runbook/${page}.md:1: no code says ${page}; remove the page or mend the name`);
  deepEqual(withoutDebt([...withoutPage, ...withoutCode]), []);
});

test('runbook pages are 5 to 12 lines or a little more, and start with their code', () => {
  const findings = textFiles
    .filter(({ path }) => path.startsWith('docs/runbook/DYNO_'))
    .flatMap(({ path, lines }) => {
      const code = path.slice('docs/runbook/'.length, -'.md'.length);
      if (lines[0] !== `# ${code}`) return [`${path}:1: the first line is "# ${code}"`];
      return lines.length > 30 ? [`${path}:1: ${lines.length} lines; a page for 3 a.m. is short`] : [];
    });
  deepEqual(findings, []);
});

test('every hand-written Avro record is in a golden file', () => {
  const known = goldenFiles().map(({ schema }) => JSON.stringify(schema));
  const findings = readdirSync(projectFile('schemas', 'avro'))
    .filter((name) => name.endsWith('.avsc'))
    .filter((name) => {
      const schema = JSON.stringify(JSON.parse(readFileSync(projectFile('schemas', 'avro', name), 'utf8')));
      return !known.some((golden) => golden.includes(schema));
    })
    .map((name) => `schemas/avro/${name}:1: no golden bytes of this version; run "npm run generate" and commit them`);
  deepEqual(findings, []);
});
