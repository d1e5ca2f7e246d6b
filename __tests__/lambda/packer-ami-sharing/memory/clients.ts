import type { SSMClientConfig } from '@aws-sdk/client-ssm';
import { awsClients, type Clients } from '../../../../lambda/packer-ami-sharing/clients';
import type { Call, Decide } from '../../../../lab/local-aws/fault-proxy';
import { InProcess, type AnyClient } from '../../../support/in-process';
import type { ClientClass, ClientConfig } from '../factory';
import type { MemoryAws } from '../memory-aws';
import { region } from '../support';

/** Credentials that show whose they are: the access key is the account, and the token the role. */
const credentialsOf = (account: string): Pick<SSMClientConfig, 'credentials' | 'region'> => ({
  region,
  credentials: { accessKeyId: account, secretAccessKey: 'secret' },
});

/** Real clients of the SDK that AWS in memory answers (`local-aws.test.ts` compares it with the local server). */
export class MemoryClients {
  private readonly inProcess: InProcess;

  constructor(aws: MemoryAws, decide?: Decide) {
    this.inProcess = new InProcess(async ({ accessKeyId, action, input }) => {
      const call = { account: accessKeyId, action, input };
      return (await aws.before(call)) ?? aws.answerTo(call);
    }, decide);
  }

  get calls(): readonly Call[] {
    return this.inProcess.calls;
  }

  /** The function's own clients, of the account that it runs in. */
  function(account: string, { maxAttempts }: ClientConfig = {}): Clients {
    const { requestHandler } = this.inProcess;
    const { inAccount, ...clients } = awsClients({
      ...credentialsOf(account),
      requestHandler,
      ...(maxAttempts !== undefined && { maxAttempts }),
    });
    this.answerAll(clients);
    return {
      ...clients,
      inAccount: (credentials) => {
        const own = inAccount(credentials);
        this.answerAll(own);
        return own;
      },
    };
  }

  /** A client that acts in an account. */
  client<T extends object>(Client: ClientClass<T>, account: string): T {
    const { requestHandler } = this.inProcess;
    const client = new Client({ ...credentialsOf(account), requestHandler, maxAttempts: 1 });
    this.answerAll({ client });
    return client;
  }

  private answerAll(clients: object): void {
    for (const client of Object.values(clients) as AnyClient[]) this.inProcess.answer(client);
  }
}
