-- Which epoch of windows is looked at, for which times. The newest choice wins; without one, every epoch counts.
CREATE TABLE IF NOT EXISTS dynoscope.current_epochs (
  from_time DateTime('UTC') COMMENT 'Holds for windows that end after this moment, UTC',
  to_time DateTime('UTC') COMMENT 'and by this one, UTC',
  epoch UInt32 COMMENT 'Epoch whose rows are current then',
  chosen_at DateTime64(3, 'UTC') DEFAULT now64(3, 'UTC') COMMENT 'When that was chosen, UTC'
) ENGINE = ReplacingMergeTree
ORDER BY (from_time, to_time, chosen_at)
COMMENT 'Choices of the current epoch, for the views';
