import { deepEqual } from 'node:assert/strict';
import { test } from 'node:test';
import { codeFiles, findLines, lineAt } from './source-files.ts';

const operators = codeFiles.filter(({ path, room }) => room === 'operators' && !path.includes('.test.'));

test('operators have no clock and no chance of their own', () => {
  const pattern =
    /\bDate\.now\(|\bnew Date\(\s*\)|\bMath\.random\(|\bperformance\.now\(|\bset(Timeout|Interval|Immediate)\(|\bprocess\./;
  deepEqual(
    findLines(operators, pattern, 'time and chance come in as values: take them from the batch or a parameter'),
    [],
  );
});

test('operators subscribe only inside a new Observable', () => {
  const findings = operators.flatMap(({ path, text }) => {
    const spans = [...text.matchAll(/new Observable\b[^(]*\(/g)].map((match) => {
      const start = match.index + match[0].length;
      return [start, closingOf(text, start)] as const;
    });
    return [...text.matchAll(/\.subscribe\(/g)]
      .filter(({ index }) => !spans.some(([start, end]) => index > start && index < end))
      .map(
        ({ index }) =>
          `${path}:${lineAt(text, index)}: only pipelines/runtime starts a graph; return an operator instead`,
      );
  });
  deepEqual(findings, []);
});

/** Where the parenthesis that was open at `from` closes; strings in our code hold no lone parenthesis. */
function closingOf(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '(') open++;
    if (text[at] === ')' && --open === 0) return at;
  }
  return text.length;
}
