-- What an estimate of capacity rests on besides: how well the CPU time of a hit is known, and how evenly hits came.
ALTER TABLE dynoscope.capacity_estimates
  ADD COLUMN IF NOT EXISTS cpu_saturation_relative_se Nullable(Float64) COMMENT 'Standard error of the natural logarithm of cpu_saturation_hits_per_s, ratio; NULL = of an older program' AFTER cpu_saturation_hits_per_s,
  ADD COLUMN IF NOT EXISTS arrival_cv2 Nullable(Float64) COMMENT 'Squared coefficient of variation of the gaps between arrivals, ratio: 1 = at random, near 0 = in turn; NULL = of an older program' AFTER cpu_saturation_relative_se;
