import { InvokeCommand, LambdaClient, ResourceNotFoundException } from '@aws-sdk/client-lambda';
import { Uint8ArrayBlobAdapter } from '@smithy/core/serde';
import { mockClient } from 'aws-sdk-client-mock';
import { callFunction, NotDeployedError } from '../../../cli/sharing/function';

const client = new LambdaClient({ region: 'us-west-2' });
const lambda = mockClient(client);
const answer = (value: unknown) => ({ Payload: Uint8ArrayBlobAdapter.fromString(JSON.stringify(value)) });

beforeEach(() => {
  lambda.reset();
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

test('a call that takes long shows every ten seconds that it goes on, and nothing once it has ended', async () => {
  lambda.on(InvokeCommand).callsFake(
    () =>
      new Promise((resolve) => {
        setTimeout(() => {
          resolve(answer({ images: 3 }));
        }, 25_000);
      }),
  );
  const lines: string[] = [];
  const call = callFunction(client, {}, 'packer-ami-sharing', (line) => lines.push(line));
  await jest.advanceTimersByTimeAsync(25_000);
  await expect(call).resolves.toEqual({ images: 3 });
  expect(lines).toEqual([
    'packer-ami-sharing has run for 10 s; it takes 15 minutes at most.',
    'packer-ami-sharing has run for 20 s; it takes 15 minutes at most.',
  ]);
  await jest.advanceTimersByTimeAsync(60_000);
  expect(lines).toHaveLength(2);
});

test('a function that is not there names what to deploy, and nothing is left running', async () => {
  const missing = new ResourceNotFoundException({ message: 'Function not found', Type: 'User', $metadata: {} });
  lambda.on(InvokeCommand).rejects(missing);
  await expect(callFunction(client, {}, 'packer-ami-sharing')).rejects.toThrow(NotDeployedError);
  await expect(callFunction(client, {}, 'packer-ami-sharing')).rejects.toThrow(
    'There is no function packer-ami-sharing in this account and region; deploy the stack ops first: npx cdktf deploy ops',
  );
  expect(jest.getTimerCount()).toBe(0);
});
