import type { BalancerDriver } from '../../sinks/loadbalancer/driver.ts';
import { EnvoyDriver } from '../../sinks/loadbalancer/envoy/envoy.ts';
import { HaproxyDriver } from '../../sinks/loadbalancer/haproxy/haproxy.ts';
import { runtimeApiAddressOf } from '../../sinks/loadbalancer/haproxy/runtime-api.ts';
import { TemplateDriver } from '../../sinks/loadbalancer/template/template.ts';
import type { BalancerChoice } from './balancer-choice.ts';

/** Touches nothing. Throws DYNO_BALANCER_OPTIONS for what the driver of that kind cannot work with. */
export function driverOf(choice: BalancerChoice): BalancerDriver {
  switch (choice.kind) {
    case 'haproxy':
      return new HaproxyDriver({ address: runtimeApiAddressOf(choice.address), backend: choice.backend });
    case 'template':
      return new TemplateDriver(choice);
    case 'envoy':
      return new EnvoyDriver({ ...choice, endpoints: new Map(choice.endpoints) });
  }
}

/** What is steered and what is not known of it, a sentence's rest for the operator who starts it. */
export function steeredBy(choice: BalancerChoice): string {
  switch (choice.kind) {
    case 'haproxy':
      return `${choice.backend} of HAProxy at ${choice.address}`;
    case 'template':
      return (
        `${choice.file} by ${choice.templateFile} (at most one change in 55 s, no load tests; ` +
        'the file is read back, not what the balancer uses)'
      );
    case 'envoy': {
      const { cluster, file, admin } = choice;
      return admin === undefined
        ? `cluster ${cluster} of Envoy by ${file} (only this file is read back, not what Envoy uses: give --envoy-admin)`
        : `cluster ${cluster} of Envoy by ${file}, as it tells at ${admin.host}:${admin.port}`;
    }
  }
}
