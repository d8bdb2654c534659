import { deepEqual } from 'node:assert/strict';
import { basename } from 'node:path';
import { test } from 'node:test';
import { withoutDebt } from './debt.ts';
import { codeFiles, findLines, isTest, type SourceFile, textFiles } from './source-files.ts';

const thisFolder = 'integration/tidy/';
const ours = (files: readonly SourceFile[]) => files.filter(({ path }) => !path.startsWith(thisFolder));

const linesMax = 400;
const functionLinesMax = 70;

test('nothing switches a check off', () => {
  const pattern = /@ts-(ignore|nocheck|expect-error)|biome-ignore|eslint-disable/;
  deepEqual(findLines(ours(codeFiles), pattern, 'mend the cause; narrow the type from unknown'), []);
});

test('no type is any', () => {
  const pattern = /(:|<|\bas|\|)\s*any\b(?!\w)/;
  const code = ours(codeFiles).map((file) => ({ ...file, lines: file.lines.map(withoutTexts) }));
  deepEqual(findLines(code, pattern, 'write unknown and parse it once at the edge'), []);
});

test('nothing is left to be done later', () => {
  const pattern = /\b(TODO|FIXME|XXX|HACK)\b/;
  deepEqual(findLines(ours(codeFiles), pattern, 'do it, or leave it out'), []);
});

test('no test is left out or alone by a word in its file', () => {
  const pattern = /\b(test|it|describe)\.(only|todo)\(|\bonly: true\b/;
  deepEqual(findLines(ours(codeFiles).filter(isTest), pattern, 'remove .only and .todo'), []);
});

test('no path of one machine is in the repository', () => {
  const pattern = /(^|[^\w.])\/(work|root|home\/[\w.-]+|Users\/[\w.-]+)\//;
  deepEqual(findLines(ours(textFiles), pattern, 'write a path from the top of the project'), []);
});

test('files have at most 400 lines', () => {
  const files = ours(textFiles).filter(({ path }) => /\.(tsx?|cc|cpp|h|sql|sh)$/.test(path));
  const findings = files.flatMap(({ path, lines }) =>
    lines.length - 1 > linesMax ? [`${path}:${linesMax}: ${lines.length - 1} lines; split it by idea`] : [],
  );
  deepEqual(findings, []);
});

test('functions have at most 70 lines', () => {
  // The contract of the log port is a list of tests that two adapters call.
  const files = ours(codeFiles).filter(({ path }) => !path.startsWith('log/contract/'));
  const findings = files.flatMap(({ path, lines }) =>
    lines.flatMap((line, start) => {
      if (!opensFunction(line)) return [];
      const indent = line.match(/^ */)![0];
      const length = lines.slice(start + 1).findIndex((other) => other.startsWith(`${indent}}`)) + 2;
      return length > functionLinesMax
        ? [`${path}:${start + 1}: a function of ${length} lines; give its parts names`]
        : [];
    }),
  );
  deepEqual(withoutDebt(findings), []);
});

test('files are kebab-case and named for what they hold', () => {
  const findings = codeFiles.flatMap(({ path }) => {
    const [name = ''] = basename(path).split('.');
    if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)) return [`${path}:1: file names are kebab-case`];
    const vague = name
      .split('-')
      .find((word) => /^(handlers?|managers?|processors?|helpers?|utils?|misc|common)$/.test(word));
    return vague === undefined ? [] : [`${path}:1: "${vague}" says nothing; name it for what it holds`];
  });
  deepEqual(findings, []);
});

test('classes and functions are named for what they do', () => {
  const pattern = /\b(class|function|interface|type|const)\s+\w*(Manager|Handler|Processor|Helper|Utils?)\b/;
  deepEqual(findLines(ours(codeFiles), pattern, 'name it for what it does'), []);
});

/** A formatted line that opens the block of a function, a method or an arrow. */
function opensFunction(line: string): boolean {
  if (
    !/[{]$/.test(line) ||
    /^\s*(if|for|while|switch|else|try|catch|finally|do|class|interface|type)\b|^\s*\}/.test(line)
  )
    return false;
  return /=> \{$|\bfunction\b|^\s*\)[^=]*\{$|^\s*(async |static |private |protected |override |get |set |\*)*[#\w]+(<.*>)?\(.*\)(: .*)? \{$/.test(
    line,
  );
}

/** The line without what stands in quotes and comments. */
const withoutTexts = (line: string): string =>
  line.replaceAll(/'[^']*'|"[^"]*"|`[^`]*`/g, "''").replace(/\/\/.*|^\s*(\/\*)?\*.*/, '');
