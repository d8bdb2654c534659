-- Did a build change what a host can take? Newest result of each build of a tier and generation against the newest of the build
-- before it. Builds are in the order of their first results, so a build that is tested again beside its successor stays the older.
-- By two figures, each at 99.5 %, so that of builds that changed nothing one in a hundred is called changed: the capacity
-- itself, and, where CPUs are the limit, the load that CPUs could serve, which is known three times as well.
-- @param age_hours_max UInt32 = 720: results that are older are left out, hours
WITH
  -- Degrees of freedom of a difference (Welch and Satterthwaite), 3 at least.
  (a, a_df, b, b_df) -> greatest(3, pow(a * a + b * b, 2) / (pow(a, 4) / a_df + pow(b, 4) / b_df)) AS freedom,
  -- 99.5 % quantile of Student's t, two-sided (Abramowitz and Stegun 26.7.5).
  (df) -> 2.807034 + 6.231221 / df + 12.850916 / pow(df, 2) + 20.220686 / pow(df, 3) + 23.150431 / pow(df, 4) AS quantile,
  (a, a_df, b, b_df) ->
    if(a * a + b * b = 0, 0, quantile(freedom(a, a_df, b, b_df)) * sqrt(a * a + b * b)) AS reach_of,
  (ratio, reach) -> multiIf(ratio * exp(reach) < 1, 'regression', ratio * exp(-reach) > 1, 'improvement', '') AS verdict_of
SELECT
  tier, generation, build, previous.1 AS previous_build, round(age_hours, 1) AS age_hours,
  round(lambda100, 2) AS lambda100_hits_per_s, round(previous.2, 2) AS previous_hits_per_s,
  round(100 * (ratio - 1), 2) AS change_percent,
  round(100 * (ratio * exp(-reach) - 1), 2) AS change_lo_percent,
  round(100 * (ratio * exp(reach) - 1), 2) AS change_hi_percent,
  round(100 * (cpu_ratio - 1), 2) AS cpu_change_percent,
  round(100 * (cpu_ratio * exp(-cpu_reach) - 1), 2) AS cpu_change_lo_percent,
  round(100 * (cpu_ratio * exp(cpu_reach) - 1), 2) AS cpu_change_hi_percent,
  multiIf(by_capacity != '', by_capacity, by_cpu != '', by_cpu, 'no change shown') AS verdict,
  multiIf(by_capacity != '', 'lambda100', by_cpu != '', 'CPU time of a hit', '') AS shown_by
FROM (
  SELECT
    *,
    lambda100 / previous.2 AS ratio,
    reach_of(relative_se, degrees_of_freedom, previous.3, previous.4) AS reach,
    -- Where CPUs are not the limit, or the error is of an older program and not known, they say nothing.
    bottleneck = 'cpu' AND previous.7 = 'cpu' AND cpu_se > 0 AND previous.6 > 0 AS cpu_counts,
    if(cpu_counts, cpu_saturation_hits_per_s / previous.5, NULL) AS cpu_ratio,
    if(cpu_counts, reach_of(cpu_se, degrees_of_freedom, previous.6, previous.4), NULL) AS cpu_reach,
    verdict_of(ratio, reach) AS by_capacity,
    if(cpu_counts, verdict_of(cpu_ratio, cpu_reach), '') AS by_cpu
  FROM (
    SELECT
      tier, generation, build, first_time, time, lambda100, relative_se, degrees_of_freedom, bottleneck, cpu_saturation_hits_per_s,
      ifNull(cpu_saturation_relative_se, 0) AS cpu_se,
      dateDiff('second', time, now('UTC')) / 3600 AS age_hours,
      any((build, lambda100, relative_se, degrees_of_freedom, cpu_saturation_hits_per_s, cpu_se, bottleneck)) OVER (
        PARTITION BY tier, generation ORDER BY first_time, build ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING
      ) AS previous
    FROM (
      SELECT *, min(time) OVER (PARTITION BY tier, generation, build) AS first_time
      FROM dynoscope.capacity_estimates FINAL
      WHERE outcome = 'found'
      ORDER BY time DESC, run_id DESC
      LIMIT 1 BY tier, generation, build
    )
  )
  WHERE previous.2 > 0
)
WHERE age_hours <= {age_hours_max:UInt32}
ORDER BY tier, generation, first_time DESC, build DESC;
