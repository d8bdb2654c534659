-- Which hosts have been heard lately, real ones first, and how busy are they?
-- @param minutes UInt32 = 2: heard within so many minutes
SELECT host, tier, region, server_type, generation, simulated, time, age_s, samples, round(cpu_busy_ratio, 4) AS cpu_busy_ratio
FROM dynoscope.v_host_now
WHERE time > now('UTC') - toIntervalMinute({minutes:UInt32})
ORDER BY simulated, tier, host;
