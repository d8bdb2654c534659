-- What does each table cost on disk, in all and a row?
SELECT
  table, count() AS parts, sum(p.rows) AS rows,
  formatReadableSize(sum(bytes_on_disk)) AS on_disk,
  round(sum(bytes_on_disk) / greatest(sum(p.rows), 1), 1) AS bytes_a_row,
  round(sum(data_uncompressed_bytes) / greatest(sum(data_compressed_bytes), 1), 1) AS compression
FROM system.parts AS p
WHERE database = 'dynoscope' AND active
GROUP BY table
ORDER BY sum(bytes_on_disk) DESC;
