import { doesNotThrow, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '../../base/errors.ts';
import { refuseUnsafeSql } from './sql-guard.ts';

const taken: readonly string[] = [
  'SELECT 1',
  'select 1;',
  '  (SELECT 1) UNION ALL (SELECT 2) ; ',
  "WITH 'INTO OUTFILE; file(' AS s SELECT s -- into outfile\n FROM system.one",
  "SELECT 'it''s', 'it\\'s; DROP', \"a;b\" FROM t /* ; file( */ WHERE x = {p:String}",
  'SHOW TABLES FROM dynoscope',
  'EXPLAIN SELECT file FROM t',
  'SELECT a.1, [1, 2][1], x -> x + 1, a ? 1 : 2, 1e-3 FROM numbers(3)',
  "SELECT 'ü€' AS größe",
  "SELECT extract(YEAR FROM toDate(t)), trim(BOTH 'a' FROM lower(x)) FROM values('x String', 'a'), numbers_mt(2)",
  'SELECT x FROM t ARRAY JOIN arrayMap(y -> y, a) AS x, range(3) AS z WHERE lower(x) IN (SELECT 1)',
  'WITH f AS (SELECT 1) SELECT a, max(b) FROM (SELECT 1) AS t LEFT JOIN u ON lower(t.a) = u.a GROUP BY a, lower(b)',
  "FROM zeros(3) SELECT url, s3, format('{}', 1)",
];
const refused: readonly string[] = [
  '',
  ';',
  'DROP TABLE t',
  'SYSTEM SHUTDOWN',
  'SET readonly = 0',
  'SELECT 1; DROP TABLE t',
  'SELECT 1; ; SELECT 2',
  "SELECT 1 INTO OUTFILE '/tmp/x'",
  "SELECT 1 INTO/**/OUTFILE'/tmp/x'",
  "SELECT file('/etc/passwd')",
  'SELECT "file" /* x */ (\'/etc/passwd\')',
  "SELECT `FILE`('/etc/passwd')",
  'SELECT "fi\\x6ce"(\'/etc/passwd\')',
  "SELECT $$'$$ INTO OUTFILE $$'$$",
  'SELECT \u2018x\u2019 INTO OUTFILE \u2018y\u2019',
  "SELECT 'unfinished",
  "SELECT * FROM s3('http://127.0.0.1:1/x/y')",
  "SELECT * FROM t, icebergS3('x')",
  "SELECT * FROM t AS a JOIN `postgreSQL`('h') AS b ON a.x = b.x",
  "SELECT * FROM t WHERE x IN (SELECT 1 FROM /* x */ deltaLakeAzure('x'))",
  "(FROM filesystem('/etc') SELECT *)",
  "SELECT * FROM eval('SELECT 1')",
  "DESCRIBE TABLE paimonS3('x')",
  "DESC mongodb('x')",
  "SELECT (SELECT any(x) FROM t ARRAY JOIN a AS b JOIN somethingNew('x') AS c ON 1)",
  'SELECT /* unfinished',
];

for (const sql of taken) test(`takes ${sql}`, () => doesNotThrow(() => refuseUnsafeSql(sql)));
for (const sql of refused) {
  test(`refuses ${sql === '' ? 'nothing at all' : sql}`, () => {
    throws(
      () => refuseUnsafeSql(sql),
      (error) => hasCode(error, 'DYNO_CLICKHOUSE_NOT_READ_ONLY'),
    );
  });
}
