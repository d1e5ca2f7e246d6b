import { Readable } from 'node:stream';
import type { SSMClientConfig } from '@aws-sdk/client-ssm';
import { HttpResponse, type HttpRequest } from '@smithy/core/protocols';
import type { DeserializeMiddleware, HandlerExecutionContext, MiddlewareStack } from '@smithy/types';
import { awsClients, type Clients } from '../../../../lambda/packer-ami-sharing/clients';
import type { Call, Decide } from '../../../../lab/local-aws/wire';
import { errorAnswer, type Fault } from '../../../../lab/local-aws/wire-faults';
import type { ClientClass, ClientConfig } from '../factory';
import type { MemoryAws } from '../memory-aws';
import { region } from '../support';

/** A client of the SDK, of whatever service. */
interface AnyClient {
  readonly middlewareStack: Pick<MiddlewareStack<object, object>, 'add'>;
}

/** What a client of the SDK is made with, so that it never leaves this process. */
const credentialsOf = (account: string, role?: string): Pick<SSMClientConfig, 'credentials' | 'region'> => ({
  region,
  credentials: {
    accessKeyId: account,
    secretAccessKey: 'secret',
    ...(role !== undefined && { sessionToken: role }),
  },
});

/**
 * Real clients of the SDK that AWS in memory answers. All of the SDK that decides what a fault becomes is at work: it
 * signs, reads error answers as bytes of the service's protocol, and repeats calls. Only sockets are not there: instead of
 * one that is cut or that waits too long, there is the error that the SDK's own HTTP handler makes of it, at once
 * (`conformance.test.ts` compares both).
 */
export class MemoryClients {
  readonly calls: Call[] = [];
  /** Error answers that are on their way, by the request that they answer. */
  private readonly errors = new WeakMap<object, HttpResponse>();

  constructor(
    private readonly aws: MemoryAws,
    private readonly decide: Decide = () => undefined,
  ) {}

  /** The function's own clients, of the account that it runs in. */
  function(account: string, { maxAttempts }: ClientConfig = {}): Clients {
    const { inAccount, ...clients } = awsClients({
      ...credentialsOf(account),
      ...this.transport,
      ...(maxAttempts !== undefined && { maxAttempts }),
    });
    for (const client of Object.values(clients) as AnyClient[]) this.answer(client);
    return {
      ...clients,
      inAccount: (credentials) => {
        const own = inAccount(credentials);
        for (const client of Object.values(own) as AnyClient[]) this.answer(client);
        return own;
      },
    };
  }

  /** A client that acts in an account. */
  client<T extends object>(Client: ClientClass<T>, account: string): T {
    const client = new Client({ ...credentialsOf(account), ...this.transport, maxAttempts: 1 });
    this.answer(client as unknown as AnyClient);
    return client;
  }

  private get transport(): Pick<SSMClientConfig, 'requestHandler'> {
    const handle = (request: HttpRequest) => {
      const response = this.errors.get(request);
      if (response === undefined) throw new Error(`${request.hostname} would have been called`);
      return Promise.resolve({ response });
    };
    return { requestHandler: { handle } };
  }

  private answer({ middlewareStack }: AnyClient): void {
    const answering =
      (
        next: Parameters<DeserializeMiddleware<object, object>>[0],
        { commandName = '' }: HandlerExecutionContext,
      ): ReturnType<DeserializeMiddleware<object, object>> =>
      async (args) => {
        const request = args.request as HttpRequest;
        const [, account = '', service = ''] =
          /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers['authorization'] ?? '') ?? [];
        const operation = commandName.replace(/Command$/, '');
        const call = { action: `${service}:${operation}`, role: request.headers['x-amz-security-token'] };
        const fault = this.decide(call, this.calls.push(call) - 1);
        if (fault === 'hang') throw Object.assign(new Error('no answer'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
        if (fault !== undefined && fault !== 'lose' && fault !== 'delay') {
          this.errors.set(request, errorResponse(request, service, fault));
          return next(args);
        }
        const memoryCall = { account, action: operation, input: args.input as Readonly<Record<string, unknown>> };
        const output = (await this.aws.before(memoryCall)) ?? this.aws.answerTo(memoryCall);
        if (fault === 'lose')
          throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
        return { response: {}, output: { ...(output as object), $metadata: {} } };
      };
    middlewareStack.add(answering, { step: 'deserialize', priority: 'high', name: 'memoryAws' });
  }
}

function errorResponse(
  { headers }: HttpRequest,
  service: string,
  fault: Exclude<Fault, 'hang' | 'lose' | 'delay'>,
): HttpResponse {
  const protocol = headers['x-amz-target'] === undefined ? 'query' : 'json';
  const { status, type, body } = errorAnswer(service, protocol, fault);
  return new HttpResponse({ statusCode: status, headers: { 'content-type': type }, body: Readable.from([body]) });
}
