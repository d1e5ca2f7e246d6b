/** A test that failed: its whole name, and what Jest prints of it. */
export interface Failure {
  readonly name: string;
  readonly text: string;
}

const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 1000)} s`;

/** What a run of tests prints: how far it is, each failure as one line when it comes, and their texts once, at its end. */
export class Progress {
  private readonly running = new Map<string, number>();
  private readonly failures: { file: string; failure: Failure }[] = [];
  private done = 0;
  private readonly started: number;

  /**
   * @param files how many files the run has
   * @param print writes one line
   * @param now   the time, in milliseconds
   */
  constructor(
    private readonly files: number,
    private readonly print: (line: string) => void,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.started = now();
  }

  begin(file: string): void {
    this.running.set(file, this.now());
  }

  end(file: string, failures: readonly Failure[]): void {
    this.running.delete(file);
    this.done += 1;
    for (const failure of failures) {
      this.failures.push({ file, failure });
      this.print(`FAILED  ${file}: ${failure.name}`);
    }
  }

  /** One line: files done of all, time, failures, and the files that run, the longest first. */
  status(): string {
    const now = this.now();
    const running = [...this.running]
      .sort(([, one], [, other]) => one - other)
      .map(([file, since]) => `${file} (${seconds(now - since)})`);
    const failed = this.failures.length === 0 ? '' : `, ${this.failures.length} failed`;
    const files = running.length === 0 ? '' : `; running: ${running.join(', ')}`;
    return `${this.done} of ${this.files} test files, ${seconds(now - this.started)}${failed}${files}`;
  }

  /** The texts of all failures, each with its file and its name. */
  finish(): void {
    for (const { file, failure } of this.failures) this.print(`\n${file}: ${failure.name}\n${failure.text}`);
  }
}
