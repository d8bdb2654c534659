import { hostname } from 'node:os';
import { DynoError } from '../../base/errors.ts';
import { type CommandCall, defineCommand } from '../command.ts';
import { settingsOfCall } from '../setup/settings-of-call.ts';

const usual = [
  '--haproxy /run/haproxy/admin.sock --backend web',
  '--template web.template --output /etc/nginx/web.conf --check "nginx -t -c /etc/nginx/check.conf" --reload "nginx -s reload"',
  '--envoy /etc/envoy/web.json --cluster web --endpoints s1=10.0.0.1:8080,s2=10.0.0.2:8080 --envoy-admin 127.0.0.1:9901',
].map((balancer) => `  $ dynoscope balancer --pool web-snc --tier web --safe-weight 100 ${balancer}`);

/** `dynoscope balancer`: the adapter beside one load balancer. */
export const balancer = defineCommand({
  name: 'balancer',
  summary: 'Applies commanded weights to one pool of one load balancer, and restores safe weights by itself.',
  configure: (command) =>
    command
      .option('--haproxy <address>', 'HAProxy: its stats socket (level admin), an absolute path or host:port')
      .option('--backend <name>', 'the pool as HAProxy names it')
      .option('--template <file>', 'a balancer with a file and a reload, NGINX: text with {{weight SERVER}} in it')
      .option('--output <file>', 'what the balancer reads, rendered from the template; OUTPUT.new stands beside it')
      .option('--check <command>', 'has to fail when the balancer would not take OUTPUT.new; no shell reads it')
      .option('--reload <command>', 'makes the balancer read OUTPUT; no shell reads it')
      .option('--envoy <file>', "Envoy: the cluster's file of endpoints (path_config_source), ends in .json")
      .option('--cluster <name>', 'as the assignment in that file names it: EDS service name, else name')
      .option('--endpoints <list>', 'every server of the cluster: NAME=IP:PORT, commas between them')
      .option('--envoy-admin <address>', "host:port of Envoy's administration interface: what Envoy uses is read back")
      .requiredOption('--pool <name>', 'the pool as commands name it')
      .requiredOption('--tier <name>', 'the tier of the pool')
      .option(
        '--safe-weight <n>',
        "safe weight of every server, or of each (not with --haproxy): NAME=N, commas between them; needed for --envoy (default: HAProxy's configuration; of a template what stands there). With steady_weights: by_capacity only until the first weights between tests: those, kept in --state, win over the flag from then on",
      )
      .option('--largest-share <ratio>', "largest part of the pool's weight that one server may have (default 0.25)")
      .option('--kill-file <path>', 'weights go back to safe while it exists (default DATA/balancer/POOL.kill)')
      .option('--state <file>', 'what must not be forgotten (default DATA/balancer/POOL.state)')
      .option('--config <file>', 'settings file (default dynoscope.yaml, if there is one)')
      .option('--json', 'every report as a JSON line on stdout; it has to be read')
      .addHelpText('after', `\nExactly one of --haproxy, --template and --envoy. Usual:\n${usual.join('\n')}`),
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
    const { steeredBy } = await import('../balancer/driver-of.ts');
    const { balancer: choice, killFile } = options;
    call.stderr.write(
      `dynoscope: steers ${steeredBy(choice)}; safe weights at once and for as long as it exists: touch ${killFile}\n`,
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
