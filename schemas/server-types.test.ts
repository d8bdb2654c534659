import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'node:test';
import { generationNamed, loadServerTypes, logicalCpusOf, parseServerTypes } from './server-types.ts';

test('the shipped tables hold six types of two years and nine generations', () => {
  const tables = loadServerTypes();
  const cells = tables.serverTypes.map((row) => `${row.year} ${row.type} ${row.name} ${row.serversPerRack}`);
  deepEqual(cells, [
    '2017 I Web 120',
    '2017 III Database 30',
    '2017 IV Hadoop 18',
    '2017 V Haystack 9',
    '2017 VI Feed 30',
    '2017 VII Cold Storage 6',
    '2015 I Web 30',
    '2015 III Database 30',
    '2015 IV Hadoop 18',
    '2015 V Haystack 9',
    '2015 VI Feed 30',
    '2015 VII Cold Storage 6',
  ]);
  deepEqual(
    tables.generations.map(({ year, name, rcu }) => [year, name, rcu]),
    [
      [2007, 'VSS', 0.4],
      [2008, 'SC', 0.6],
      [2009, 'NHM', 1],
      [2010, 'WSM', 1.4],
      [2011, 'XWSM', 1.75],
      [2012, 'SNB', 2.42],
      [2014, 'IVB', undefined],
      [2015, 'Haswell', undefined],
      [2017, 'Broadwell', undefined],
    ],
  );
});

test('a generation is found by its short name in any case', () => {
  equal(generationNamed(loadServerTypes(), 'nhm')?.logicalCpus, 16);
  equal(generationNamed(loadServerTypes(), 'L5520'), undefined);
});

test('every generation has logical CPUs, also where the table counts real cores of one thread each', () => {
  const tables = loadServerTypes();
  const cpus = tables.generations.map(({ name }) => `${name} ${logicalCpusOf(tables, name)}`).join(', ');
  equal(cpus, 'VSS 8, SC 8, NHM 16, WSM 24, XWSM 24, SNB 32, IVB 40, Haswell 48, Broadwell 32');
  equal(logicalCpusOf(tables, 'L5520'), undefined);
});

test('each number of a cell is the number of its text', () => {
  for (const { coresSpeed, realCores, logicalCpus, ghz } of loadServerTypes().generations) {
    const kind = realCores === undefined ? 'logical CPUs' : 'real cores';
    equal(coresSpeed.startsWith(`${realCores ?? logicalCpus} ${kind} `), true, coresSpeed);
    equal(Number(/([\d.]+) GHz$/.exec(coresSpeed)?.[1]), ghz);
  }
});

const refused = (text: string, message: string) =>
  throws(() => parseServerTypes({ file: 'types.yaml', text }), { code: 'DYNO_USAGE_SERVER_TYPES', message });

test('a wrong table names its line', () => {
  refused(
    'generations:\n- { year: 2009, name: NHM, rack_composition: a, cores_speed: b, logical_cpus: 16, ghz: 2.27, rcu: none }',
    'types.yaml:2: "none" is not a number from 0.01 to 1000 for rcu (or X)',
  );
  refused(
    'server_types:\n- { yaer: 2017 }',
    'types.yaml:2: "yaer" is not a key of a server type; did you mean "year"?',
  );
  refused('server_types:\n- { year: 2017 }', 'types.yaml:2: a server type needs "type"');
});
