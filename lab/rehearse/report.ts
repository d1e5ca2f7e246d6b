/** One step of the rehearsal: what was done, what came of it, and how long it took. */
export interface Step {
  readonly name: string;
  readonly ok: boolean;
  readonly seconds: number;
  /** Figures of the step, or the reason of its failure. */
  readonly details: string;
}

export interface Report {
  readonly ok: boolean;
  /** By which signal; a step that it cut short is not in the list, since nothing is known of it. */
  readonly interrupted?: string;
  readonly seconds: number;
  readonly steps: readonly Step[];
}

const oneDecimal = (seconds: number): string => seconds.toFixed(1);

/** Runs steps one after another, or side by side, and keeps what came of them. */
export class Rehearsal {
  private readonly steps: Step[] = [];
  private readonly started = performance.now();

  /**
   * @param onStep is called for each step as it ends, so that long work shows progress
   * @param signal once it is aborted, no further step begins
   */
  constructor(
    private readonly onStep: (step: Step) => void = () => undefined,
    readonly signal: AbortSignal = new AbortController().signal,
  ) {}

  /**
   * Runs one step. What the work returns is its details; what it throws is the reason of the failure, and ends the
   * rehearsal, since later steps build on earlier ones.
   *
   * @throws StepFailedError when the work failed; the signal's reason when that is aborted
   */
  async step<T extends { readonly details: string }>(name: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1000;
    this.signal.throwIfAborted();
    try {
      const result = await work();
      this.add({ name, ok: true, seconds: seconds(), details: result.details });
      return result;
    } catch (error) {
      // Whatever the error is: the server that it called has ended.
      this.signal.throwIfAborted();
      const details = error instanceof Error ? error.message : String(error);
      this.add({ name, ok: false, seconds: seconds(), details });
      throw new StepFailedError(name, { cause: error });
    }
  }

  report(): Report {
    return {
      ok: !this.signal.aborted && this.steps.length > 0 && this.steps.every(({ ok }) => ok),
      seconds: (performance.now() - this.started) / 1000,
      steps: this.steps,
      ...(this.signal.aborted ? { interrupted: (this.signal.reason as Error).message } : {}),
    };
  }

  private add(step: Step): void {
    this.steps.push(step);
    this.onStep(step);
  }
}

/** A step did not do what it claims. The report has the reason. */
export class StepFailedError extends Error {
  override readonly name = 'StepFailedError';
}

/** The table's first line. */
export const headerLine = `      ${'time'.padStart(5)}    ${'step'.padEnd(34)}  figures`;

/** The line of a step in the table. */
export const stepLine = ({ name, ok, seconds, details }: Step): string =>
  `${ok ? 'ok  ' : 'FAIL'}  ${oneDecimal(seconds).padStart(5)} s  ${name.padEnd(34)}  ${details}`;

/** The table's last line. */
export function summaryLine({ ok, seconds, steps, interrupted }: Report): string {
  const did = steps.filter((step) => step.ok).length;
  const [mark, text] =
    interrupted === undefined
      ? [ok ? 'ok  ' : 'FAIL', `${did} of ${steps.length} steps did what they claim`]
      : ['stop', `${interrupted}; ${did} steps had done what they claim`];
  return `${mark}  ${oneDecimal(seconds).padStart(5)} s  ${text}`;
}
