/** Every number of the control law and its rails in one place. Sources: docs/load-tests.md. */
export const limits = {
  baselineS: 60,
  /** Seconds after a step that are not measured: the balancer's ring and the queues need them. */
  settleMinS: 8,
  settleMaxS: 30,
  settleRelaxations: 1.5,
  /** Seconds measured at a load: few where nothing waits yet, else at least so many relaxation times. */
  dwellLowS: 12,
  dwellMiddleS: 20,
  dwellHighS: 30,
  dwellMaxS: 120,
  dwellRelaxations: 5,
  /** While held, the estimate is looked at so often. */
  holdS: 10,
  holdMaxS: 420,
  /** So long for a panel of eight; a smaller one sees less in a second, and may hold up to so many times as long. */
  holdMaxFactor: 5,
  /** Highest upper bound of predicted contention that a raise may lead to, and a floor below which none is kept. */
  contentionBoundMs: 75,
  contentionFloorMs: 12,
  /** What ten seconds of a panel may come to where chance makes them the worst of a hundred. */
  contentionFeltMs: 180,
  feltZ: 2.33,
  /** A load whose predicted upper bound is over so many times the highest is lowered. */
  contentionEase: 1.55,
  /** The highest shrinks once so much of the soft limits below is used, to at least this share. */
  latitudeFromUsed: 0.25,
  latitudeMin: 0.4,
  foundHalfWidth: 0.03,
  foundContentionMs: 30,
  runMaxS: 3_600,

  drainS: 30,
  drainFactor: 0.75,
  cooldownFoundS: 600,
  cooldownAbortS: 1_800,
  cooldownAbortMaxS: 86_400,
  cooldownPipelineS: 60,
  cooldownStoppedS: 1_800,

  windowS: 10,
  abortContentionMs: 250,
  softOver100S: 60,
  softOver150S: 15,
  errorRatioOverBaseline: 0.005,
  errorRequestsMin: 50,
  /** A few hosts have few errors: as many by chance (Poisson) must be as rare as this in a window. */
  errorChance: 1e-6,
  sloSeconds: 3,
  /** Panel at most this many hosts, this share of its generation; of the tier the spec says, 5 % at most. */
  panelHostsMax: 8,
  panelGenerationShare: 0.2,
  panelTierShare: 0.05,
  tierHostsMin: 12,
  weightFactorMax: 2,
  minHealthyRatio: 0.9,
  staleTierRatio: 0.1,
  donorContentionMs: 20,
  /** Factor on the wait of donors, whose service times are of unknown variability (cv² up to 3). */
  donorKappa: 2,
  staleHoldMs: 3_000,
  staleAbortMs: 5_000,
  ackMs: 3_000,
  /** A command lives 10 s at the balancer; it is renewed this often. */
  renewMs: 2_000,
  killSwitchUnknownMs: 5_000,
  clockSkewMs: 1_000,
  /** A tier is slower than in its baseline by at least this, over ten seconds: its hosts, not its load, are why. */
  downstreamMs: 15,
  downstreamZ: 4,
  holdToAbortS: 60,
  uptimeMinS: 300,
  sickRatioMin: 0.08,
  /** Looked at each second of a test, for each host: chance must be far away. */
  sickZ: 5.5,
  /** cv² of CPU times of hits, for that chance: as fitted, within what web requests have; the most while nothing is known. */
  sickCv2Min: 2,
  sickCv2Max: 4,
  /**
   * Between tests: largest relative change of a weight, how often, and what is near enough. So often is longer than any
   * balancer's own least time between changes, 55 s for a file and a reload, by more than `ackMs`.
   */
  steadyStepMax: 0.05,
  steadyEveryMs: 60_000,
  steadyDeadBand: 0.02,
  neighboursUnknownMs: 5_000,
  /** So long neighbours may begin before a tier that was tested last. */
  yieldS: 60,
} as const;
