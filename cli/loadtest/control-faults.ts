interface Lasting {
  readonly fromS: number;
  readonly forS: number;
}

/** What befalls the way between controller and balancer, in seconds of the simulated time. */
export type ControlFault =
  /** Killed; after that time a new process on the same disk. */
  | ({ readonly kind: 'adapter_dies' } & Lasting)
  | ({ readonly kind: 'controller_dies' } & Lasting)
  /** Another controller takes the lease; the first one goes on until it hears of it. */
  | ({ readonly kind: 'second_controller' } & Lasting)
  /** No telemetry, command, answer or kill switch passes; telemetry and answers come all at once afterwards. */
  | ({ readonly kind: 'broker_stall' } & Lasting)
  | ({ readonly kind: 'kill_switch' } & Lasting)
  | ({ readonly kind: 'kill_file' } & Lasting)
  | ({ readonly kind: 'kill_switch_unknown' } & Lasting)
  /** The controller's wall clock is 1.5 s ahead. */
  | ({ readonly kind: 'clock_skew' } & Lasting)
  /** The balancer starts again with the weights of its file. */
  | { readonly kind: 'balancer_reload'; readonly fromS: number };

export const isOver = (fault: ControlFault, elapsedS: number): boolean =>
  'forS' in fault && elapsedS >= fault.fromS + fault.forS;
