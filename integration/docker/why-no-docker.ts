import { spawnSync } from 'node:child_process';

/** Why no container can be started here; `undefined` = it can. */
export function whyNoDocker(): string | undefined {
  const asked = spawnSync('docker', ['info'], { stdio: 'ignore', timeout: 10_000 });
  return asked.status === 0 ? undefined : 'no Docker daemon';
}
