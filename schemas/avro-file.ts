import { readFileSync } from 'node:fs';
import { projectFile } from '../base/project-file.ts';

/** The hand-written Avro record `schemas/avro/<name>.avsc`, parsed as JSON. */
export const avroFile = (name: string): Readonly<Record<string, unknown>> =>
  JSON.parse(readFileSync(projectFile('schemas', 'avro', `${name}.avsc`), 'utf8')) as Record<string, unknown>;
