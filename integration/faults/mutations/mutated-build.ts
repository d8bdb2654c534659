import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Mutation } from './mutations.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

export interface MutatedBuild {
  /** A compiled file of the copy. */
  file(path: string): string;
  remove(): void;
}

/** A copy of the build with one change; everything else of the project is linked. */
export function mutatedBuild(mutation: Mutation | undefined): MutatedBuild {
  const folder = mkdtempSync(join(tmpdir(), 'dynoscope-mutation-'));
  for (const entry of readdirSync(root))
    if (entry !== 'dist' && entry !== '.git') symlinkSync(join(root, entry), join(folder, entry));
  cpSync(join(root, 'dist'), join(folder, 'dist'), { recursive: true });
  const build: MutatedBuild = {
    file: (path) => join(folder, 'dist', path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
  if (mutation !== undefined) change(build.file(mutation.file), mutation);
  return build;
}

function change(path: string, { name, find, replace }: Mutation): void {
  const text = readFileSync(path, 'utf8');
  const places = text.split(find).length - 1;
  if (places !== 1) throw new Error(`"${name}": ${path} has "${find}" ${places} times; mend the mutation`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}
