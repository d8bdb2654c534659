-- How did the load tests of each tier and day end: found, aborted by which rail, and what did users meet meanwhile?
-- Rehearsals of a tier with dry_run are no tests: they move no load, and stand in a column of their own.
-- @param days UInt32 = 30: how far back, days
SELECT
  toDate(ended) AS day, tier, countIf(outcome != 'dry_run') AS tests, countIf(outcome = 'found') AS found,
  countIf(outcome = 'aborted') AS aborted,
  sumMapIf(map(if(rail = '', 'none', rail), toUInt64(1)), outcome = 'aborted') AS aborted_by_rail,
  countIf(outcome NOT IN ('found', 'aborted', 'dry_run')) AS other, countIf(outcome = 'dry_run') AS rehearsals,
  round(max(max_contention_ms), 1) AS worst_contention_ms,
  sum(seconds) AS seconds, sum(seconds_over_100) AS seconds_over_100_ms, sum(seconds_over_150) AS seconds_over_150_ms
FROM dynoscope.v_loadtests
WHERE ended > now('UTC') - toIntervalDay({days:UInt32})
GROUP BY day, tier
ORDER BY day DESC, tier;
