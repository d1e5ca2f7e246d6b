import type { InitializeMiddleware, MiddlewareStack } from '@smithy/types';
import type { Clients } from '../../../lambda/packer-ami-sharing/clients';

interface AnyClient {
  readonly middlewareStack: Pick<MiddlewareStack<object, object>, 'add'>;
}

/** A call of the SDK and its answer: an output, or the name of an error. */
export interface Recorded {
  readonly action: string;
  readonly input: object;
  readonly answer: object;
}

/** Notes what clients are answered, those in the service accounts too. */
export function recordAnswers({ inAccount, ...clients }: Clients, recorded: Recorded[]): Clients {
  const record = ({ middlewareStack }: AnyClient) => {
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
  };
  for (const client of Object.values(clients) as AnyClient[]) record(client);
  return {
    ...clients,
    inAccount: (credentials) => {
      const own = inAccount(credentials);
      for (const client of Object.values(own) as AnyClient[]) record(client);
      return own;
    },
  };
}
