import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWith } from '../../support/tools';
import { answers, pythonPackages } from './python';

/** The two calls of hooks, as the query API takes them (Amazon EC2 Auto Scaling API Reference); moto lacks them. */
const calls: Record<string, string>[] = [];
let errors: (readonly [status: number, code: string, message: string])[] = [];
const server = createServer((request, response: ServerResponse) => {
  let body = '';
  request.setEncoding('utf8').on('data', (text: string) => (body += text));
  request.on('end', () => {
    const call = Object.fromEntries(new URLSearchParams(body));
    calls.push(call);
    const error = errors.shift();
    const action = call['Action'] ?? '';
    if (error === undefined) response.end(`<${action}Response><${action}Result/></${action}Response>`);
    else
      response
        .writeHead(error[0])
        .end(
          `<ErrorResponse><Error><Type>Sender</Type><Code>${error[1]}</Code><Message>${error[2]}</Message></Error></ErrorResponse>`,
        );
  });
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  calls.length = 0;
  errors = [];
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});

const told = async (expression: string, group: string | null = 'managers', endpoint?: string, withinS = 60) => {
  const { answers: given, log } = await answers(
    `
import time
from bento_boot import aws, lifecycle
from bento_boot.identity import Machine
# The waits between tries are botocore's.
sleep = time.sleep
time.sleep = lambda seconds: sleep(seconds / 100)
machine = Machine("i-0123", "us-west-2", "10.20.1.2", "eni-0", ["10.20.0.0/16"], ${group === null ? 'None' : JSON.stringify(group)})
lifecycle.COMPLETED_WITHIN_S = ${withinS}
hook = lifecycle.Hook(lifecycle.LAUNCH_HOOK, machine)
def beat(seconds):
    lifecycle.HEARTBEAT_S = seconds
    hook.heartbeat()
def answer(_):
    return ${expression}`,
    [null],
    {
      AWS_ENDPOINT_URL: endpoint ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      AWS_ACCESS_KEY_ID: 'AKIALOCAL',
      AWS_SECRET_ACCESS_KEY: 'local',
    },
  );
  return { ...given[0]!, log };
};
const names = { LifecycleHookName: 'bento-launch', AutoScalingGroupName: 'managers', InstanceId: 'i-0123' };
const none = [400, 'ValidationError', 'No active Lifecycle Action found with instance ID i-0123'] as const;
const throttled = [400, 'Throttling', 'Rate exceeded'] as const;

describeWith(pythonPackages, 'a lifecycle hook', () => {
  test.each(['CONTINUE', 'ABANDON'])('is completed by name, with %s', async (result) => {
    const { value, log } = await told(`hook.complete("${result}")`);
    expect(value).toBeNull();
    expect(log).toContain(`told Auto Scaling: bento-launch ${result}`);
    expect(calls).toEqual([
      expect.objectContaining({ Action: 'CompleteLifecycleAction', LifecycleActionResult: result, ...names }),
    ]);
  });

  test('of a machine without a group is none', async () => {
    expect(await told('[beat(0), hook.complete("CONTINUE")]', null)).toMatchObject({ value: [null, null], log: '' });
    expect(calls).toEqual([]);
  });

  test('that nobody waits in is no problem', async () => {
    errors = [none];
    const { value, log } = await told('hook.complete("ABANDON")');
    expect([value, log]).toEqual([null, expect.stringContaining('nobody waits in the hook bento-launch')]);
  });

  test('that may not be completed is one, once and with its reason', async () => {
    errors = [[403, 'AccessDenied', 'not authorized']];
    expect((await told('hook.complete("CONTINUE")')).value).toMatch(/AccessDenied.*not authorized/);
    expect(calls).toHaveLength(1);
  });

  test('is tried again while Auto Scaling has too much to do', async () => {
    errors = [throttled, throttled, [500, 'InternalFailure', 'for a moment']];
    expect((await told('hook.complete("CONTINUE")')).value).toBeNull();
    expect(calls).toHaveLength(4);
  });

  test('that cannot be reached is a problem, after some tries', async () => {
    expect((await told('hook.complete("CONTINUE")', 'managers', 'http://127.0.0.1:9', 0)).value).toMatch(
      /Could not connect to the endpoint URL/,
    );
  });

  test('waits on by heartbeats, no more often than it must', async () => {
    expect((await told('[beat(300), beat(0), beat(300), beat(0)] and None')).value).toBeNull();
    expect(calls).toEqual(
      Array<unknown>(2).fill(expect.objectContaining({ Action: 'RecordLifecycleActionHeartbeat', ...names })),
    );
  });

  test('that takes no heartbeat does not stop the work', async () => {
    errors = [none];
    const { value, log } = await told('beat(0)');
    expect([value, log]).toEqual([null, expect.stringContaining('the hook bento-launch took no heartbeat')]);
  });
});
