import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { DynoError, messageOf } from '../../../base/errors.ts';
import type { Weights } from '../../../schemas/weight-state.ts';
import type { BalancerDriver, DriverLimits, PoolState } from '../driver.ts';
import { writeFlushed } from '../write-flushed.ts';
import { type Command, complaintOf } from './run-command.ts';
import { parseTemplate, render, type WeightTemplate, weightsIn } from './template-text.ts';

export interface TemplateOptions {
  /** Text with `{{weight NAME}}` for each server (`template-text.ts`). Read anew at every call. */
  readonly templateFile: string;
  /**
   * What the balancer reads, rendered from the template. It has to be there, with safe weights. Beside it stand
   * `FILE.new` while it is checked and `FILE.before` while a change is not settled: no glob of the balancer may match them.
   */
  readonly file: string;
  /** Fails when the balancer would not take `FILE.new`: `nginx -t -c CHECK.conf`, whose CHECK.conf includes that name. */
  readonly check: Command;
  /** Makes the balancer read the file: `nginx -s reload`. */
  readonly reload: Command;
  readonly commandTimeoutMs?: number;
}

/** Of each command; a write runs two, a read at most one. */
export const commandTimeoutMsDefault = 1_500;

/**
 * A change a minute is what a controller orders between tests, by its own clock; one that was late by a few seconds and
 * one that is not come closer together. It waits 3 s for an answer.
 */
const changeEveryMs = 55_000;

/**
 * A balancer that takes weights from a file and a reload, as NGINX open source does. Its reload replaces the workers and
 * lasts until their connections end: a change a minute, and no load tests.
 *
 * The file says what the balancer runs with only after a reload that went well. Until then `FILE.before` keeps the old
 * text, over a crash too: the next read puts that back and reloads before it answers.
 */
export class TemplateDriver implements BalancerDriver {
  readonly kind = 'template';
  /** A reload that was taken says nothing of how it went: that is in the balancer's own log. */
  readonly doubt = 'Read from its file: what the balancer uses is not told.';
  /** NGINX refuses the weight 0. */
  readonly limits: DriverLimits = { modes: ['steady', 'revert'], weightMin: 1, weightMax: 256, changeEveryMs };
  readonly #options: TemplateOptions;
  readonly #fresh: string;
  readonly #before: string;

  constructor(options: TemplateOptions) {
    this.#options = options;
    this.#fresh = `${options.file}.new`;
    this.#before = `${options.file}.before`;
  }

  /**
   * Rejects with DYNO_BALANCER_OPTIONS for a template that cannot be used, with DYNO_BALANCER_UNREACHABLE for a file that
   * is not of this template, and when a change that was cut off cannot be taken back.
   */
  async read(): Promise<PoolState> {
    const template = this.#template();
    if (existsSync(this.#before)) await this.#takeBack();
    const weights = weightsIn(template, textOf(this.#options.file));
    if (weights === undefined)
      throw unreachable(
        `${this.#options.file} is not what ${this.#options.templateFile} renders; write it with safe weights, ` +
          `sed -E 's/\\{\\{weight [^}]*\\}\\}/100/' TEMPLATE > FILE, and reload the balancer`,
      );
    return new Map(
      [...weights].map(([server, weight]) => [server, { weight, configuredWeight: undefined, healthy: undefined }]),
    );
  }

  /** After a rejection the old text stands in the file again, and the next read makes sure that the balancer has it. */
  async write(weights: Weights): Promise<void> {
    const { file, check, reload } = this.#options;
    if (existsSync(this.#before)) throw unreachable(`the last change of ${file} is not taken back yet`);
    const text = render(this.#template(), weights);
    this.#putBeside(text);
    await this.#run('check', check).catch((error: unknown) => {
      rmSync(this.#fresh, { force: true });
      throw error;
    });
    linkSync(file, this.#before);
    renameSync(this.#fresh, file);
    await this.#run('reload', reload).catch((error: unknown) => {
      this.#putBack();
      throw error;
    });
    rmSync(this.#before);
  }

  async close(): Promise<void> {}

  /** A reload that failed or was cut off may have happened: only another one, with the old text, says what runs. */
  async #takeBack(): Promise<void> {
    this.#putBack();
    await this.#run('reload', this.#options.reload);
    rmSync(this.#before);
  }

  #putBack(): void {
    this.#putBeside(textOf(this.#before));
    renameSync(this.#fresh, this.#options.file);
  }

  #putBeside(text: string): void {
    writeFlushed(this.#fresh, text, statSync(this.#options.file).mode & 0o777);
  }

  #template(): WeightTemplate {
    return parseTemplate(textOf(this.#options.templateFile));
  }

  async #run(what: 'check' | 'reload', command: Command): Promise<void> {
    const complaint = await complaintOf(command, this.#options.commandTimeoutMs ?? commandTimeoutMsDefault);
    if (complaint !== undefined) throw unreachable(`the ${what} of ${this.#options.file} failed: ${complaint}`);
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreachable(`${path} cannot be read: ${messageOf(error)}`, error);
  }
}

const unreachable = (what: string, cause?: unknown): DynoError =>
  new DynoError('DYNO_BALANCER_UNREACHABLE', what, { retryable: true, cause });
