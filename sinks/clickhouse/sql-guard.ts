import { DynoError } from '../../base/errors.ts';
import { allowedTableFunctions, forbiddenTableFunction } from './table-functions.ts';

/**
 * Refuses what the engine's read-only mode lets through but no analyst may do: write files (INTO OUTFILE), read files
 * of this machine (the function file), reach other servers (url, s3, remote), command the engine, several statements. Not a parser: it
 * splits the text as the engine's lexer does and refuses anything whose meaning it would have to guess.
 */
export function refuseUnsafeSql(sql: string): void {
  const tokens = tokensOf(sql);
  const first = tokens.find((token) => token !== '(') ?? '';
  if (!firstWords.has(first)) {
    throw refused(
      `it begins with "${first.slice(0, 40).toUpperCase()}"; expected SELECT, WITH, SHOW, DESCRIBE, EXPLAIN or EXISTS`,
    );
  }
  const end = tokens.indexOf(';');
  if (end >= 0 && tokens.slice(end).some((token) => token !== ';'))
    throw refused('it holds several statements; give one');
  for (const [at, token] of tokens.entries()) {
    if (token === 'outfile' || token === 'infile')
      throw refused(`it names "${token.toUpperCase()}": files are out of reach`);
    if (farFunctions.has(token) && tokens[at + 1] === '(') throw outOfReach(token);
  }
  const far = forbiddenTableFunction(tokens);
  if (far !== undefined) throw outOfReach(far);
}

const firstWords = new Set(['select', 'with', 'from', 'show', 'describe', 'desc', 'explain', 'exists', 'values']);

/** Refused wherever they stand: these names are no ordinary functions, or ones that read files. */
const farFunctions = new Set(
  `file filecluster filesystem executable eval input python url urlcluster s3 s3cluster gcs oss cosn hdfs hdfscluster
  azureblobstorage remote remotesecure cluster clusterallreplicas mysql postgresql mongodb redis sqlite odbc jdbc
  iceberg deltalake hudi loop dictionary arrowflight catboostevaluate`.split(/\s+/),
);

const outOfReach = (name: string): DynoError =>
  refused(
    `it calls "${name}": files, programs and other servers are out of reach; in place of a table only ${allowedTableFunctions.join(', ')} are taken`,
  );

/** Words in lower case, identifiers without their quotes, strings as '', everything else by the character; comments left out. */
function tokensOf(sql: string): readonly string[] {
  const tokens: string[] = [];
  let at = 0;
  while (at < sql.length) {
    lexeme.lastIndex = at;
    const found = lexeme.exec(sql);
    if (found === null) throw refused(`the character "${sql[at]}" at position ${at + 1} is out of place`);
    at = lexeme.lastIndex;
    const { word, quoted, text, sign } = found.groups ?? {};
    if (word !== undefined) tokens.push(word.toLowerCase());
    else if (quoted !== undefined) tokens.push(unquoted(quoted));
    else if (text !== undefined) tokens.push("''");
    else if (sign !== undefined) tokens.push(sign);
  }
  return tokens;
}

/** No heredocs ($tag$…$tag$), no curly quotes, no stray backslash: they would hide what follows from this reading. */
const lexeme = new RegExp(
  [
    '\\s+',
    '--[^\\n]*',
    '#[ !][^\\n]*',
    '/\\*[^]*?\\*/',
    "(?<text>'(?:[^'\\\\]|\\\\[^]|'')*')",
    '(?<quoted>"(?:[^"\\\\]|"")*"|`(?:[^`\\\\]|``)*`)',
    '(?<word>[\\p{L}\\d_]+)',
    '(?!/\\*)(?<sign>[^\\s\'"`$\\\\\u2018\u2019\u201c\u201d])',
  ].join('|'),
  'uy',
);

const unquoted = (identifier: string): string => identifier.slice(1, -1).toLowerCase();

const refused = (why: string): DynoError =>
  new DynoError(
    'DYNO_CLICKHOUSE_NOT_READ_ONLY',
    `the SQL is refused: ${why}. One statement that only reads tables is taken`,
  );
