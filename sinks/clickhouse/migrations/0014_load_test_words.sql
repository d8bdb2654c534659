-- Words that programs have come to write since these columns were made.
ALTER TABLE dynoscope.capacity_estimates
  COMMENT COLUMN model 'cpu = saturation from the slope of busy CPU time; fewer_servers = the same, but only some of the CPUs serve at a time; latency = from latencies alone';

ALTER TABLE dynoscope.loadtest_runs
  COMMENT COLUMN outcome 'found, aborted, inconclusive, frozen, stopped or, of a rehearsal that moved no load, dry_run';

ALTER TABLE dynoscope.loadtest_steps
  COMMENT COLUMN action 'nothing, start, raise, lower, hold, found, abort, drain, revert, steady (weights between tests), dry_run, freeze, cool_down or idle';
