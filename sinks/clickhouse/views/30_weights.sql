-- How the weights of load balancers changed.
CREATE OR REPLACE VIEW dynoscope.v_weight_changes (
  time DateTime64(3, 'UTC') COMMENT 'When the log took the report of the change, UTC',
  at DateTime64(3, 'UTC') COMMENT 'When it was done or seen, by the clock of the adapter, UTC',
  adapter String COMMENT 'Adapter that says so',
  pool String COMMENT 'Pool of the load balancer',
  tier String COMMENT 'Tier of the pool',
  status String COMMENT 'applied, reverted_<why>, readback_mismatch; observed = it changed without the adapter',
  reason String COMMENT 'The status in a sentence',
  command_id String COMMENT 'Command that it is about; empty = none',
  run_id String COMMENT 'Load test that it belongs to; empty = none',
  command_epoch UInt64 COMMENT 'Fencing epoch of the command',
  seq UInt64 COMMENT 'Number of the command within the epoch',
  weights_before Map(String, Float64) COMMENT 'Weight that was read back before, by server, 0 to 256',
  weights_wanted Map(String, Float64) COMMENT 'Wanted weight by server, 0 to 256',
  weights Map(String, Float64) COMMENT 'Weight that was read back then, by server, 0 to 256',
  latency_ms Float64 COMMENT 'From the receipt of the command, or the begin of the own action, to the read-back, ms'
) AS
SELECT
  time, at, adapter, pool, tier, status, reason, command_id, run_id, command_epoch, seq,
  known_readback AS weights_before, after AS weights_wanted, readback AS weights, latency_ms
FROM (
  SELECT
    *,
    lagInFrame(state_hash) OVER log_order AS known_hash,
    lagInFrame(readback) OVER log_order AS known_readback
  FROM (
    SELECT * FROM dynoscope.weight_applied FINAL
    WHERE state_hash != ''
    ORDER BY time, record_offset
    LIMIT 1 BY adapter, pool, at, status, command_id, latency_ms
  )
  WINDOW log_order AS (
    PARTITION BY adapter, pool ORDER BY time, record_offset ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
)
WHERE known_hash != '' AND known_hash != state_hash
COMMENT 'Every change of the weights that adapters of load balancers read back, each once';
