import { readFileSync } from 'node:fs';
import { projectFile } from '../base/project-file.ts';

/** The version of the program, as package.json has it; '' when that cannot be read. */
export function agentVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(projectFile('package.json'), 'utf8'));
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest ? String(manifest.version) : '';
}
