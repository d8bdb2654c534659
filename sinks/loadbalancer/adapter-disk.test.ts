import { deepEqual, equal, throws } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type AdapterState, fileDisk } from './adapter-disk.ts';

function freshPath(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-adapter-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'pools', 'web-snc.state');
}

const state: AdapterState = {
  fence: { epoch: 4, seq: 17 },
  safeWeights: new Map([
    ['web1', 100],
    ['web2', 40],
  ]),
  lastWritten: { epoch: 4, seq: 17, commandId: 'c', runId: undefined, stateHash: 'h' },
};

test('what was saved is there for the next process, in a folder that did not exist', (t) => {
  const path = freshPath(t);
  equal(fileDisk(path).load(), 'none');
  fileDisk(path).save(state);
  deepEqual(fileDisk(path).load(), state);
  const empty = { fence: undefined, safeWeights: undefined, lastWritten: undefined };
  fileDisk(path).save(empty);
  deepEqual(fileDisk(path).load(), empty);
});

test('a state that was cut off anywhere, or has one other byte, is torn and never another state', (t) => {
  const path = freshPath(t);
  fileDisk(path).save(state);
  const whole = readFileSync(path);
  for (let bytes = 0; bytes < whole.length; bytes++) {
    writeFileSync(path, whole);
    truncateSync(path, bytes);
    equal(fileDisk(path).load(), 'torn', `${bytes} of ${whole.length} bytes`);
  }
  for (let at = 0; at < whole.length; at++) {
    const other = Buffer.from(whole);
    other[at] = other[at]! ^ 1;
    writeFileSync(path, other);
    equal(fileDisk(path).load(), 'torn', `byte ${at}`);
  }
});

test('a process that died before the new state was in place leaves the old one', (t) => {
  const path = freshPath(t);
  fileDisk(path).save(state);
  writeFileSync(`${path}.new`, 'half of a st');
  deepEqual(fileDisk(path).load(), state);
});

test('what cannot be read is torn, and what cannot be written is told', (t) => {
  const path = freshPath(t);
  mkdirSync(path, { recursive: true });
  equal(fileDisk(path).load(), 'torn');
  throws(() => fileDisk(path).save(state));
});
