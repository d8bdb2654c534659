import { readdirSync, readFileSync } from 'node:fs';
import { projectFile } from '../../base/project-file.ts';

/** A file of the repository that people wrote. */
export interface SourceFile {
  /** From the top, with slashes: `schemas/codec.ts`. */
  readonly path: string;
  /** First part of the path; '' for files at the top. */
  readonly room: string;
  readonly text: string;
  readonly lines: readonly string[];
}

/** Made by tools, by runs, or by others. */
const passedOver = new Set([
  'node_modules',
  'dist',
  'build',
  '.git',
  '.dynoscope',
  '.kafka-local',
  'generated',
  'golden',
]);
const textFile = /\.(ts|tsx|js|mjs|json|ya?ml|md|sql|sh|cc|cpp|h|gyp|avsc|css|html|conf|service|thrift)$/;

/** Every text file of the repository. */
export const textFiles: readonly SourceFile[] = walk('').filter(({ path }) => textFile.test(path));

/** TypeScript that is compiled or bundled; tests included. */
export const codeFiles: readonly SourceFile[] = textFiles.filter(
  ({ path }) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'),
);

/** Tests and what is there for them alone. */
export const isTest = ({ path }: SourceFile): boolean =>
  /\.test\.tsx?$|\/testing\/|^log\/(simulated|contract)\b|^integration\//.test(path);

/** One finding a line that matches; `says` is the rule and what to write instead. */
export const findLines = (files: readonly SourceFile[], pattern: RegExp, says: string): string[] =>
  files.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${says}: ${line.trim().slice(0, 100)}`] : [])),
  );

/** 1-based line of a position in a text. */
export const lineAt = (text: string, at: number): number => text.slice(0, at).split('\n').length;

function walk(folder: string): SourceFile[] {
  return readdirSync(projectFile(folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return passedOver.has(entry.name) ? [] : walk(path);
    if (!entry.isFile() || !textFile.test(path)) return [];
    const text = readFileSync(projectFile(path), 'utf8');
    return [{ path, room: folder.split('/')[0] ?? '', text, lines: text.split('\n') }];
  });
}
