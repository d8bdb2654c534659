import { deepEqual, equal } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { FileTree } from './file-tree.ts';
import { isBytes, numberIn } from './source-tree.ts';

function folder(t: TestContext): string {
  const root = mkdtempSync(join(tmpdir(), 'dyno-tree-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'sys/many'), { recursive: true });
  return root;
}

function treeAt(t: TestContext, root: string): FileTree {
  const tree = new FileTree({ root, live: false });
  t.after(() => tree.close());
  return tree;
}

const textOf = (answer: Uint8Array | string): string =>
  typeof answer === 'string' ? answer : Buffer.from(answer).toString();

test('a file is read anew each time, longer or shorter than before', (t) => {
  const root = folder(t);
  const tree = treeAt(t, root);
  for (const text of ['one', 'one and a half', '2']) {
    writeFileSync(join(root, 'sys/value'), text);
    equal(textOf(tree.read('sys/value')), text);
  }
});

test('a file larger than the buffer is read whole', (t) => {
  const root = folder(t);
  const tree = treeAt(t, root);
  const text = 'x'.repeat(300_000);
  writeFileSync(join(root, 'sys/long'), text);
  equal(textOf(tree.read('sys/long')), text);
});

test('a missing file has a reason, and is looked for again after a while', (t) => {
  const root = folder(t);
  const tree = treeAt(t, root);
  equal(tree.read('sys/later'), 'not_supported_kernel');
  writeFileSync(join(root, 'sys/later'), '7');
  let reads = 1;
  while (!isBytes(tree.read('sys/later'))) reads++;
  equal(reads, 31);
  equal(numberIn(tree, 'sys/later'), 7);
});

test('a folder is no file, and a file that is no number is implausible', (t) => {
  const root = folder(t);
  const tree = treeAt(t, root);
  writeFileSync(join(root, 'sys/speed'), 'Unavailable\n');
  equal(tree.read('sys/many'), 'not_supported_kernel');
  equal(numberIn(tree, 'sys/speed'), 'implausible');
});

test('folders are listed by number, absent ones are empty, and links say where they lead', (t) => {
  const root = folder(t);
  const tree = treeAt(t, root);
  for (const name of ['cpu10', 'cpu2', 'cpu1']) writeFileSync(join(root, 'sys/many', name), '');
  symlinkSync('../../../virtio2', join(root, 'sys/device'));
  deepEqual(tree.list('sys/many'), ['cpu1', 'cpu2', 'cpu10']);
  deepEqual(tree.list('sys/none'), []);
  equal(tree.linkName('sys/device'), 'virtio2');
  equal(tree.linkName('sys/many'), undefined);
});

test('a recording has no file systems to ask', (t) => {
  equal(treeAt(t, folder(t)).space('/'), 'not_mounted');
});
