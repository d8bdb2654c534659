import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import { messageOf } from '../../base/errors.ts';
import type { EnvoyAdminAddress } from '../../sinks/loadbalancer/envoy/admin-api.ts';
import type { EnvoyEndpoint } from '../../sinks/loadbalancer/envoy/load-assignment.ts';
import type { Command } from '../../sinks/loadbalancer/template/run-command.ts';
import { parseTemplate } from '../../sinks/loadbalancer/template/template-text.ts';
import { commandIn } from './command-words.ts';
import type { SafeWeightFlag } from './safe-weight-flag.ts';
import { wrongUse } from './wrong-use.ts';

/** Which balancer is steered, and how it is reached. Plain JSON: the parent hands it to its child. */
export type BalancerChoice =
  | { readonly kind: 'haproxy'; readonly address: string; readonly backend: string }
  | {
      readonly kind: 'template';
      readonly templateFile: string;
      readonly file: string;
      readonly check: Command;
      readonly reload: Command;
    }
  | {
      readonly kind: 'envoy';
      readonly file: string;
      readonly cluster: string;
      readonly endpoints: readonly (readonly [server: string, endpoint: EnvoyEndpoint])[];
      readonly admin: EnvoyAdminAddress | undefined;
    };

interface NamedGiven {
  readonly servers: readonly string[];
  readonly safeWeight: SafeWeightFlag | undefined;
  /** The flag that names the servers. */
  readonly from: string;
}

type Kind = BalancerChoice['kind'];
/** A flag's text; undefined = it was not given. */
export type FlagText = (flag: string) => string | undefined;

/** Of each kind the flag that chooses it first; then whether the others have to be there. */
const flagsOfKind: Readonly<Record<Kind, Readonly<Record<string, 'needed' | 'optional'>>>> = {
  haproxy: { haproxy: 'needed', backend: 'needed' },
  template: { template: 'needed', output: 'needed', check: 'needed', reload: 'needed' },
  envoy: { envoy: 'needed', cluster: 'needed', endpoints: 'needed', 'envoy-admin': 'optional' },
};
const kinds = Object.keys(flagsOfKind) as readonly Kind[];

/** Flags choose exactly one kind and give all of its flags and no other's; throws DYNO_USAGE_BALANCER, a sentence each. */
export function balancerChoiceIn(given: FlagText, safeWeight: SafeWeightFlag | undefined): BalancerChoice {
  const kind = chosenKind(given);
  for (const [flag, need] of Object.entries(flagsOfKind[kind]))
    if (need === 'needed' && given(flag) === undefined) throw wrongUse(`--${kind} needs --${flag}, which is not given`);
  const text = (flag: string): string => given(flag) ?? '';
  switch (kind) {
    case 'haproxy':
      refuseByServer(safeWeight);
      return { kind, address: text('haproxy'), backend: text('backend') };
    case 'template':
      return {
        kind,
        templateFile: readableTemplate(resolve(text('template')), safeWeight),
        file: resolve(text('output')),
        check: commandIn('--check', text('check')),
        reload: commandIn('--reload', text('reload')),
      };
    case 'envoy': {
      const admin = given('envoy-admin');
      if (safeWeight === undefined)
        throw wrongUse('--envoy needs --safe-weight: an assignment has no configured weight to return to');
      const endpoints = text('endpoints').split(',').map(endpointIn);
      const servers = endpoints.map(([server]) => server);
      refuseUnsafe({ servers, safeWeight, from: '--endpoints' });
      return {
        kind,
        file: resolve(text('envoy')),
        cluster: text('cluster'),
        endpoints,
        admin: admin === undefined ? undefined : adminIn(admin),
      };
    }
  }
}

/**
 * Safe weights by server name every server, in whichever unit the operator thinks: one that is left out or misspelled
 * would stand beside them with a weight of another scale, and get all or none of the traffic.
 */
function refuseUnsafe({ servers, safeWeight, from }: NamedGiven): void {
  if (typeof safeWeight !== 'object') return;
  const named = safeWeight.map(([server]) => server);
  const without = servers.find((server) => !named.includes(server));
  if (without !== undefined) throw wrongUse(`--safe-weight gives none to ${without} of ${from}`);
  const unknown = named.find((server) => !servers.includes(server));
  if (unknown !== undefined) throw wrongUse(`--safe-weight names ${unknown}, which is not in ${from}`);
}

/** Which servers a backend has is not known before it answers; and it has a place for their weights. */
function refuseByServer(safeWeight: SafeWeightFlag | undefined): void {
  if (typeof safeWeight === 'object')
    throw wrongUse(
      "--safe-weight by server is not for --haproxy: give each server its weight in HAProxy's configuration",
    );
}

function chosenKind(given: FlagText): Kind {
  const chosen = kinds.filter((kind) => given(kind) !== undefined);
  const [kind, second] = chosen;
  if (second !== undefined) throw wrongUse(`--${kind} and --${second} choose two balancers; give one of them`);
  if (kind === undefined)
    throw wrongUse(`no balancer is chosen; give one of ${kinds.map((name) => `--${name}`).join(', ')}`);
  for (const other of kinds)
    for (const flag of Object.keys(flagsOfKind[other]))
      if (other !== kind && given(flag) !== undefined)
        throw wrongUse(`--${flag} belongs to --${other}, not to --${kind}`);
  return kind;
}

/** A template that cannot be used is found now, and not by each try to restore safe weights. */
function readableTemplate(path: string, safeWeight: SafeWeightFlag | undefined): string {
  let servers: readonly string[];
  try {
    servers = parseTemplate(readFileSync(path, 'utf8')).places;
  } catch (error) {
    throw wrongUse(`--template ${path} cannot be used: ${messageOf(error)}`, error);
  }
  refuseUnsafe({ servers, safeWeight, from: '--template' });
  return path;
}

const socket = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/;

/** `s1=10.0.0.1:8080`, `s1=[::1]:8080`. Envoy resolves no names in an assignment. */
function endpointIn(text: string): readonly [server: string, endpoint: EnvoyEndpoint] {
  const [, server = '', where = ''] = /^\s*([\w.:@-]+)=(.+?)\s*$/.exec(text) ?? [];
  const [, inBrackets, bare, port] = socket.exec(where) ?? [];
  const address = inBrackets === undefined ? bare : canonical(inBrackets);
  if (server === '' || address === undefined || isIP(address) === 0)
    throw wrongUse(`--endpoints has "${text}", expected NAME=IP:PORT, several with commas between them`);
  return [server, { address, port: Number(port) }];
}

/** As Envoy writes it: `2001:DB8:0::1` is `2001:db8::1`. */
const canonical = (address: string): string | undefined =>
  isIP(address) === 6 ? new URL(`http://[${address}]`).hostname.slice(1, -1) : undefined;

function adminIn(text: string): EnvoyAdminAddress {
  const [, inBrackets, bare, digits] = socket.exec(text) ?? [];
  const [host, port] = [inBrackets ?? bare, Number(digits)];
  if (host === undefined || port < 1 || port > 65_535)
    throw wrongUse(`--envoy-admin is "${text}", expected HOST:PORT of Envoy's administration interface`);
  return { host, port };
}
