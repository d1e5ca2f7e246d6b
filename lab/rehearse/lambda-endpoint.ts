import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { invoke, type LambdaSettings } from './lambda-process';

/** Stands for Lambda where programs invoke a function: `AWS_ENDPOINT_URL_LAMBDA`. */
export interface LambdaEndpoint {
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * Answers `Invoke` (AWS Lambda API Reference) with what the unpacked archive does in a process of its own; that of
 * another function is a 404.
 */
export async function serveFunction(code: string, settings: LambdaSettings): Promise<LambdaEndpoint> {
  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    if (!request.url?.startsWith(`/2015-03-31/functions/${settings.functionName}/invocations`)) {
      response.writeHead(404, { 'x-amzn-errortype': 'ResourceNotFoundException' }).end('{"Message":"not found"}');
      return;
    }
    const outcome = await invoke(code, settings, JSON.parse(Buffer.concat(parts).toString()));
    if (outcome.ok) {
      response.writeHead(200).end(JSON.stringify(outcome.result));
      return;
    }
    const { name, message } = outcome.error;
    response
      .writeHead(200, { 'x-amz-function-error': 'Unhandled' })
      .end(JSON.stringify({ errorType: name, errorMessage: message }));
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error: unknown) => {
      response
        .writeHead(500, { 'x-amzn-errortype': 'ServiceException' })
        .end(JSON.stringify({ Message: String(error) }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
