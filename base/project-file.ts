import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that holds package.json, found upward from here: the same from source and from `dist/`. */
function findRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder);
  return folder;
}

export const projectRoot = findRoot();

/** The path of a file that is shipped with the program but not compiled: SQL, Avro, YAML. */
export const projectFile = (...parts: string[]): string => join(projectRoot, ...parts);
