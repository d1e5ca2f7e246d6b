import { Readable } from 'node:stream';
import { HttpResponse, type HttpRequest } from '@smithy/core/protocols';
import type { DeserializeMiddleware, HandlerExecutionContext, MiddlewareStack } from '@smithy/types';
import type { Call, Decide } from '../../lab/local-aws/fault-proxy';
import { errorAnswer, type Fault } from '../../lab/local-aws/proxy-faults';

/** A client of the SDK, of whatever service. */
export interface AnyClient {
  readonly middlewareStack: Pick<MiddlewareStack<object, object>, 'add'>;
}

/** A call whose answer is to be made: the access key that signed it, the action as the SDK calls it, and its input. */
export interface SignedCall {
  readonly accessKeyId: string;
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Answers real clients of the SDK in this process. All of the SDK that decides what a fault becomes is at work: it signs,
 * reads error answers as bytes of the service's protocol, and repeats calls. Only sockets are not there: instead of one
 * that is cut or that waits too long, there is the error that the SDK's own HTTP handler makes of it, at once. The tests
 * of each function compare both.
 */
export class InProcess {
  readonly calls: Call[] = [];
  /** Error answers that are on their way, by the request that they answer. */
  private readonly errors = new WeakMap<object, HttpResponse>();

  /** @param answerTo makes the output of a call, which takes effect; it throws what the service answers as an error */
  constructor(
    private readonly answerTo: (call: SignedCall) => unknown,
    private readonly decide: Decide = () => undefined,
  ) {}

  /** For a client's settings: what would send its requests. */
  readonly requestHandler = {
    handle: (request: HttpRequest) => {
      const response = this.errors.get(request);
      if (response === undefined) throw new Error(`${request.hostname} would have been called`);
      return Promise.resolve({ response });
    },
  };

  /** Answers the calls of a client from now on. */
  answer({ middlewareStack }: AnyClient): void {
    const answering =
      (
        next: Parameters<DeserializeMiddleware<object, object>>[0],
        { commandName = '' }: HandlerExecutionContext,
      ): ReturnType<DeserializeMiddleware<object, object>> =>
      async (args) => {
        const request = args.request as HttpRequest;
        const [, accessKeyId = '', service = ''] =
          /Credential=([^/]+)\/\d+\/[^/]+\/([^/]+)\//.exec(request.headers['authorization'] ?? '') ?? [];
        const action = commandName.replace(/Command$/, '');
        const call = { action: `${service}:${action}`, role: request.headers['x-amz-security-token'] };
        const fault = this.decide(call, this.calls.push(call) - 1);
        if (fault === 'hang') throw Object.assign(new Error('no answer'), { name: 'TimeoutError', code: 'ETIMEDOUT' });
        if (fault !== undefined && fault !== 'lose' && fault !== 'delay') {
          this.errors.set(request, errorResponse(request, service, fault));
          return next(args);
        }
        const input = args.input as Readonly<Record<string, unknown>>;
        const output = await this.answerTo({ accessKeyId, action, input });
        if (fault === 'lose')
          throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError', code: 'ECONNRESET' });
        return { response: {}, output: { ...(output as object), $metadata: {} } };
      };
    middlewareStack.add(answering, { step: 'deserialize', priority: 'high', name: 'answerInProcess' });
  }
}

function errorResponse(
  { method, headers }: HttpRequest,
  service: string,
  fault: Exclude<Fault, 'hang' | 'lose' | 'delay'>,
): HttpResponse {
  const protocol = service === 's3' ? 'rest' : headers['x-amz-target'] === undefined ? 'query' : 'json';
  const { status, type, body } = errorAnswer(service, protocol, fault);
  return new HttpResponse({
    statusCode: status,
    headers: { 'content-type': type },
    body: Readable.from(method === 'HEAD' ? [] : [body]),
  });
}
