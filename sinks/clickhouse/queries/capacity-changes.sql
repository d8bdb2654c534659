-- Did a build change what a host can take? Each build of a tier and generation against the build whose result came before it.
-- @param age_hours_max UInt32 = 720: results that are older are left out, hours
SELECT
  tier, generation, build, previous.1 AS previous_build, round(age_hours, 1) AS age_hours,
  round(lambda100, 2) AS lambda100_hits_per_s, round(previous.2, 2) AS previous_hits_per_s,
  round(100 * (ratio - 1), 2) AS change_percent,
  round(100 * (ratio * exp(-reach) - 1), 2) AS change_lo_percent,
  round(100 * (ratio * exp(reach) - 1), 2) AS change_hi_percent,
  multiIf(ratio * exp(reach) < 1, 'regression', ratio * exp(-reach) > 1, 'improvement', 'no change shown') AS verdict
FROM (
  SELECT
    *,
    lambda100 / previous.2 AS ratio,
    pow(relative_se, 2) + pow(previous.3, 2) AS variance,
    -- Welch and Satterthwaite, 3 at least.
    greatest(3, pow(variance, 2) / (pow(relative_se, 4) / degrees_of_freedom + pow(previous.3, 4) / previous.4)) AS df,
    -- 99 % quantile of Student's t (Abramowitz and Stegun 26.7.5): of builds that changed nothing, one in a hundred is called changed.
    2.575829 + 4.916548 / df + 8.834762 / pow(df, 2) + 12.144296 / pow(df, 3) + 12.054824 / pow(df, 4) AS t,
    if(variance = 0, 0, t * sqrt(variance)) AS reach
  FROM (
    SELECT
      tier, generation, build, time, lambda100, relative_se, degrees_of_freedom,
      dateDiff('second', time, now('UTC')) / 3600 AS age_hours,
      any((build, lambda100, relative_se, degrees_of_freedom)) OVER (
        PARTITION BY tier, generation ORDER BY time, build ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING
      ) AS previous
    FROM (
      SELECT * FROM dynoscope.capacity_estimates FINAL
      WHERE outcome = 'found'
      ORDER BY time DESC, run_id DESC
      LIMIT 1 BY tier, generation, build
    )
  )
  WHERE previous.2 > 0
)
WHERE age_hours <= {age_hours_max:UInt32}
ORDER BY tier, generation, time DESC;
