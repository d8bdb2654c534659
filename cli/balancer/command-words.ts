import type { Command } from '../../sinks/loadbalancer/template/run-command.ts';
import { wrongUse } from './wrong-use.ts';

/**
 * A program and its arguments, blanks between them; quotes of either kind keep blanks. No shell will read them, so what
 * only a shell understands is refused, not handed to the program as a word. Throws DYNO_USAGE_BALANCER.
 */
export function commandIn(flag: string, text: string): Command {
  const words: string[] = [];
  // A word is pieces without a gap: bare, 'quoted' or "quoted".
  const word = /\s*((?:[^\s'"]+|'[^']*'|"[^"]*")+)/y;
  let end = 0;
  for (let found = word.exec(text); found !== null; found = word.exec(text)) {
    const raw = found[1] ?? '';
    const bare = raw.replaceAll(/'[^']*'|"[^"]*"/g, '');
    if (/[|&;<>$`\\*?]/.test(bare))
      throw wrongUse(`${flag} is "${text}": no shell reads it, so ${raw} does nothing; put it into a script`);
    words.push(raw.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''));
    end = word.lastIndex;
  }
  if (text.slice(end).trim() !== '') throw wrongUse(`${flag} is "${text}": a quote in it has no end`);
  const [program, ...args] = words;
  if (program === undefined || program === '') throw wrongUse(`${flag} names no program`);
  return [program, ...args];
}
