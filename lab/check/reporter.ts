import path from 'node:path';
import type { AggregatedResult, Reporter, Test, TestResult } from '@jest/reporters';
import { Progress, type Failure } from './progress';

/** How often a line shows how far the tests are: at a terminal it replaces the one before. */
const everyMs = { terminal: 1_000, log: 20_000 };

/** Jest's reporter for `make test`. It prints on standard error: what Jest prints on standard output is its report. */
export default class ProgressReporter implements Pick<
  Reporter,
  'onRunStart' | 'onTestFileStart' | 'onTestFileResult' | 'onRunComplete'
> {
  private progress: Progress | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly terminal = process.stderr.isTTY;

  onRunStart({ numTotalTestSuites }: AggregatedResult): void {
    const progress = new Progress(numTotalTestSuites, (line) => {
      this.clear();
      process.stderr.write(`${line}\n`);
    });
    this.progress = progress;
    this.timer = setInterval(
      () => {
        this.clear();
        const line = progress.status();
        process.stderr.write(this.terminal ? line.slice(0, (process.stderr.columns || 80) - 1) : `${line}\n`);
      },
      this.terminal ? everyMs.terminal : everyMs.log,
    );
  }

  onTestFileStart({ path: file }: Test): void {
    this.progress?.begin(nameOf(file));
  }

  onTestFileResult({ path: file }: Test, result: TestResult): void {
    this.progress?.end(nameOf(file), failuresOf(result));
  }

  onRunComplete(): void {
    clearInterval(this.timer);
    this.clear();
    this.progress?.finish();
  }

  private clear(): void {
    if (this.terminal) process.stderr.write('\r\u001B[K');
  }
}

const nameOf = (file: string): string => path.relative(process.cwd(), file);

function failuresOf({ testExecError, failureMessage, testResults }: TestResult): readonly Failure[] {
  if (testExecError !== undefined) return [{ name: 'the file does not run', text: failureMessage ?? '' }];
  return testResults
    .filter(({ status }) => status === 'failed')
    .map(({ fullName, failureMessages }) => ({ name: fullName, text: failureMessages.join('\n') }));
}
