import { equal, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { projectFile, projectRoot } from '../../../base/project-file.ts';

/** The first block of JavaScript of a page. */
const exampleIn = (...page: string[]): string | undefined =>
  /```js\n(.*?)```/s.exec(readFileSync(projectFile(...page), 'utf8'))?.[1];

test('a server reports its load with what the README imports, by the name of the package', () => {
  const example = exampleIn('sinks', 'loadbalancer', 'README.md');
  ok(example?.includes("from 'dynoscope/load-reports'"));
  const answers = `
    for (let hit = 0; hit < 12; hit++) meter.answered({ failed: false });
    console.log(loadReportHeader + ': ' + reportNow(), reportNow(15)?.replace(/=[^,]+/g, '='));
    capacity.stop();`;
  // As a file of a project that has this package: what package.json does not export is not found.
  const code = ['--input-type=module', '--eval', `${example}${answers}`];
  const said = execFileSync(process.execPath, code, { cwd: projectRoot, encoding: 'utf8' });
  equal(said, 'endpoint-load-metrics: undefined TEXT application_utilization=, rps_fractional=, eps=\n');
});
