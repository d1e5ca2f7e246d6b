import type { InitializeMiddleware } from '@smithy/types';
import type { AnyClient } from './in-process';

/** A call of the SDK and its answer: an output, or the name of an error. */
export interface Recorded {
  readonly action: string;
  readonly input: object;
  readonly answer: object;
}

/** Notes what a client is answered, after its retries. */
export function recordAnswers({ middlewareStack }: AnyClient, recorded: Recorded[]): void {
  const recording =
    (next: Parameters<InitializeMiddleware<object, object>>[0], { commandName = '' }): typeof next =>
    async (args) => {
      const note = (answer: object) => recorded.push({ action: commandName, input: args.input, answer });
      try {
        const ended = await next(args);
        note({ ...ended.output, $metadata: undefined });
        return ended;
      } catch (error) {
        note({ error: (error as Error).name });
        throw error;
      }
    };
  middlewareStack.add(recording, { step: 'initialize', name: 'recordAnswers' });
}
