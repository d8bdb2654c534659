/**
 * Functions that SQL of people may read in place of a table. Everything else that the engine has (url, s3, remote,
 * file, filesystem, eval, mysql …) reaches the network, files or other servers, and new ones come with each version.
 */
const allowed = new Set([
  'numbers',
  'numbers_mt',
  'zeros',
  'zeros_mt',
  'generateseries',
  'generate_series',
  'values',
  'view',
]);

export const allowedTableFunctions: readonly string[] = ['numbers', 'zeros', 'generateSeries', 'values', 'view'];

/** Functions whose arguments have a FROM of their own: `extract(year FROM time)`. */
const callsWithFrom = new Set(['extract', 'trim', 'substring', 'substr', 'overlay']);
const tableClauseEnds = new Set(
  'select where prewhere group order having limit offset union intersect except settings format window qualify'.split(
    ' ',
  ),
);

interface Scope {
  /** In a list of tables: a word with a parenthesis after FROM, JOIN or a comma is a table function. */
  isTables: boolean;
  readonly isCallWithFrom: boolean;
}

/** The first function of these tokens that stands for a table and is not allowed; undefined = none does. */
export function forbiddenTableFunction(tokens: readonly string[]): string | undefined {
  const scopes: Scope[] = [{ isTables: false, isCallWithFrom: false }];
  for (const [at, token] of tokens.entries()) {
    const scope = scopes.at(-1)!;
    const before = tokens[at - 1] ?? '';
    if (isCall(tokens, at) && isTablePlace(tokens, at, scope) && !allowed.has(token)) return token;
    if (token === '(') scopes.push({ isTables: false, isCallWithFrom: callsWithFrom.has(before) });
    else if (token === ')' && scopes.length > 1) scopes.pop();
    else if (token === 'from' && !scope.isCallWithFrom) scope.isTables = true;
    else if (token === 'join') scope.isTables = before !== 'array';
    else if (tableClauseEnds.has(token)) scope.isTables = false;
  }
  return undefined;
}

const isCall = (tokens: readonly string[], at: number): boolean =>
  tokens[at + 1] === '(' && /^[\p{L}_]/u.test(tokens[at] ?? '') && !keywords.has(tokens[at] ?? '');

/** Words that a parenthesis may follow without a call. */
const keywords = new Set(['select', 'with', 'from', 'join', 'table', 'on', 'using', 'in']);

function isTablePlace(tokens: readonly string[], at: number, scope: Scope): boolean {
  const before = tokens[at - 1] ?? '';
  if (describes.has(before) || (before === 'table' && describes.has(tokens[at - 2] ?? ''))) return true;
  return scope.isTables && (before === 'from' || before === 'join' || before === ',');
}

const describes = new Set(['describe', 'desc']);
