import { hostname } from 'node:os';
import { DynoError } from '../../base/errors.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { settingsOfCall } from '../setup/settings-of-call.ts';

const usual =
  'dynoscope balancer --haproxy /run/haproxy/admin.sock --backend web --pool web-snc --tier web --safe-weight 100';

/** `dynoscope balancer`: the adapter beside one load balancer. */
export const balancer = defineCommand({
  name: 'balancer',
  summary: 'Applies commanded weights to one pool of one HAProxy, and restores safe weights by itself.',
  configure: (command) =>
    command
      .requiredOption('--haproxy <address>', "HAProxy's stats socket (level admin): an absolute path or host:port")
      .requiredOption('--backend <name>', 'the pool as HAProxy names it')
      .requiredOption('--pool <name>', 'the pool as commands name it')
      .requiredOption('--tier <name>', 'the tier of the pool')
      .option('--safe-weight <n>', "safe weight of every server (default: what HAProxy's configuration says)")
      .option('--largest-share <ratio>', "largest part of the pool's weight that one server may have (default 0.25)")
      .option('--kill-file <path>', 'weights go back to safe while it exists (default DATA/balancer/POOL.kill)')
      .option('--state <file>', 'what must not be forgotten (default DATA/balancer/POOL.state)')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--json', 'every report as a JSON line on stdout; it has to be read')
      .addHelpText('after', `\nUsual:\n  $ ${usual}`),
  example: 'dynoscope balancer --help',
  run: runCommand,
});

async function runCommand(call: CommandCall): Promise<number> {
  const settings = settingsOfCall(call);
  const { balancerOptionsIn, makeFolders } = await import('../balancer/balancer-options.ts');
  const options = balancerOptionsIn(call.options, settings, hostname());
  makeFolders(options);
  const { lockDir } = await import('../../base/dir-lock.ts');
  const lock = lockDir(`${options.stateFile}.lock`, (dir, pid) => inUse(options.stateFile, dir, pid));
  try {
    const { backend, haproxy, killFile } = options;
    call.stderr.write(
      `dynoscope: steers ${backend} of ${haproxy}; safe weights at once and for as long as it exists: touch ${killFile}\n`,
    );
    const { balancerChildFile, keepBalancerAlive } = await import('../balancer/parent.ts');
    const { signal, stderr } = call;
    return await keepBalancerAlive({ childFile: balancerChildFile, childOptions: options, signal, stderr });
  } finally {
    lock.release();
  }
}

const inUse = (stateFile: string, dir: string, pid: number | undefined): DynoError =>
  new DynoError(
    'DYNO_BALANCER_IN_USE',
    `process ${pid ?? '(unknown)'} is the adapter with the state ${stateFile} already (${dir}); ` +
      'two would undo what the other does: stop that one, or give this one another pool and another --state',
    { details: { stateFile, pid } },
  );
