import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWith } from '../../support/tools';
import { answers, pythonPackages } from './python';

jest.setTimeout(120_000);

/** What AWS answers to one call: HTTP status, code and message; `lost` closes the connection without an answer. */
type Failure = readonly [status: number, code: string, message: string] | 'lost';

const ec2 = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"';
const free =
  `<DescribeVolumesResponse ${ec2}><volumeSet><item><volumeId>vol-0</volumeId><attachmentSet/></item>` +
  '</volumeSet></DescribeVolumesResponse>';

/** Answers in the protocols of the services (query, JSON, REST), for clients that are real. */
const right: Record<string, (response: ServerResponse) => void> = {
  DescribeVolumes: (response) => response.end(free),
  AttachVolume: (response) => response.end(`<AttachVolumeResponse ${ec2}/>`),
  AssignPrivateIpAddresses: (response) => response.end(`<AssignPrivateIpAddressesResponse ${ec2}/>`),
  CompleteLifecycleAction: (response) =>
    response.end('<CompleteLifecycleActionResponse><CompleteLifecycleActionResult/></CompleteLifecycleActionResponse>'),
  GetParameter: (response) => response.end('{"Parameter": {"Value": "{}"}}'),
  GetSecretValue: (response) => response.end('{"SecretString": "value"}'),
  HeadBucket: (response) => response.end(),
};

function fail(response: ServerResponse, action: string, failure: Failure) {
  if (failure === 'lost') {
    response.destroy();
    return;
  }
  const [status, code, message] = failure;
  const xml = `<Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status);
  if (action === 'HeadBucket') response.end();
  else if (action.startsWith('Get')) response.end(JSON.stringify({ __type: code, message }));
  else if (action === 'CompleteLifecycleAction') response.end(`<ErrorResponse>${xml}</ErrorResponse>`);
  else response.end(`<Response><Errors>${xml}</Errors></Response>`);
}

/** What a boot does by each of the calls that it makes of AWS. */
const steps: Record<string, string> = {
  DescribeVolumes: 'volume.attach("vol-0", instance, beat)',
  AttachVolume: 'volume.attach("vol-0", instance, beat)',
  AssignPrivateIpAddresses: 'address.take("10.20.0.10", instance, beat)',
  GetParameter: 'store.Store("staging", instance.region, aws.at_boot(beat)).parameter("settings")',
  GetSecretValue: 'store.Store("staging", instance.region).filled_secrets("prover", beat)',
  'GetSecretValue of the previous version':
    'store.Store("staging", instance.region, aws.at_boot(beat)).previous("valkey-password")',
  HeadBucket:
    'manager.check_storage(settings, store.Storage("AKIALOCAL", "local"), instance.region, aws.at_boot(beat))',
  CompleteLifecycleAction: 'hook.complete("CONTINUE")',
};
const names = Object.keys(steps);

describeWith(pythonPackages, 'calls of AWS that fail while a boot waits', () => {
  let failing = '';
  let failures: Failure[] = [];
  let left: Record<string, number> = {};
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => (body += text));
    request.on('end', () => {
      // The program names the step whose call is to fail.
      if (request.url!.startsWith('/step/')) {
        left[failing] = failures.length;
        failing = decodeURIComponent(request.url!.slice(6));
        failures = [...(given[failing] ?? [])];
        response.end();
        return;
      }
      const target = String(request.headers['x-amz-target'] ?? '').split('.')[1];
      const action = target ?? new URLSearchParams(body).get('Action') ?? 'HeadBucket';
      const failure = action === failing.split(' ')[0] ? failures.shift() : undefined;
      if (failure === undefined) right[action]!(response);
      else fail(response, action, failure);
    });
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => {
    server.close();
    server.closeAllConnections();
  });

  let given: Readonly<Record<string, readonly Failure[]>> = {};
  /** Does steps whose calls fail in these ways, in hours that take seconds; and how often each gave a heartbeat. */
  async function run(failuresOf: typeof given, speed = 100) {
    given = failuresOf;
    left = {};
    const cases = Object.keys(failuresOf)
      .map((name) => `        ${JSON.stringify(name)}: lambda: ${steps[name]},`)
      .join('\n');
    const { answers: came, log } = await answers(
      `
import os, time, urllib.parse, urllib.request
from types import SimpleNamespace
from bento_boot import address, aws, lifecycle, manager, store, volume
from bento_boot.contract import LAUNCH_HOOK
from bento_boot.identity import Instance
sleep, clock = time.sleep, time.monotonic
time.sleep = lambda seconds: sleep(seconds / 5000)
time.monotonic = lambda: clock() * ${speed}
store._check = lambda *_: None
address._is_own = lambda _: True
instance = Instance("i-own", "us-west-2", "10.20.1.2", "eni-0", [], "managers")
settings = SimpleNamespace(bucket="bento-storage")
hook = lifecycle.Hook(LAUNCH_HOOK, instance)
def answer(name):
    urllib.request.urlopen(os.environ["AWS_ENDPOINT_URL"] + "/step/" + urllib.parse.quote(name)).close()
    beats = []
    beat = hook.heartbeat = lambda: beats.append(1)
    result = {
${cases}
    }[name]()
    if name == "CompleteLifecycleAction" and result is not None:
        raise Refusal(result)
    return len(beats)`,
      [...Object.keys(failuresOf), 'end'],
      {
        AWS_ENDPOINT_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        AWS_ACCESS_KEY_ID: 'AKIALOCAL',
        AWS_SECRET_ACCESS_KEY: 'local',
      },
    );
    return { came: Object.fromEntries(Object.keys(failuresOf).map((name, index) => [name, came[index]!])), log };
  }

  test('each waits on, and gives heartbeats', async () => {
    // Botocore's eighth try of each call meets another kind of these.
    const kinds = (throttled: number): readonly Failure[] => [
      [throttled, 'ThrottlingException', 'Rate exceeded'],
      [503, 'RequestLimitExceeded', 'Request limit exceeded.'],
      [500, 'InternalError', 'An internal error has occurred'],
      'lost',
      [503, 'Unavailable', 'for a moment'],
    ];
    // S3 throttles with 503 only, and a HEAD has no body (Amazon S3 API Reference, "Error responses").
    const failures = (name: string) =>
      Array(7)
        .fill(kinds(name === 'HeadBucket' ? 503 : 400))
        .flat() as Failure[];
    const { came, log } = await run(Object.fromEntries(names.map((name) => [name, failures(name)])));
    for (const name of names) {
      expect({ name, ...came[name] }).toEqual({ name, value: expect.any(Number) as number });
      expect({ name, left: left[name] }).toEqual({ name, left: 0 });
      expect(came[name]!.value).toBeGreaterThan(0);
    }
    for (const kind of ['RequestLimitExceeded', 'InternalError', 'Connection was closed'])
      expect(log).toMatch(new RegExp(`is tried again for 30 min at most: .*${kind}`));
  });

  test('a denial, or a resource that is not found, ends each at once and names the error', async () => {
    const throttling = Array<Failure>(12).fill([503, 'Throttling', 'Rate exceeded']);
    const denied = [400, 'AccessDeniedException', 'no'] as const;
    const ends: Record<string, readonly [Failure, RegExp]> = {
      DescribeVolumes: [[400, 'InvalidVolume.NotFound', 'no'], /vol-0 cannot be found: InvalidVolume\.NotFound: no/],
      AttachVolume: [[403, 'UnauthorizedOperation', 'no'], /vol-0 cannot be attached: UnauthorizedOperation: no/],
      AssignPrivateIpAddresses: [[403, 'UnauthorizedOperation', 'no'], /10\.20\.0\.10 cannot be taken: Unauthorized/],
      GetParameter: [denied, /settings cannot be read: AccessDeniedException: no/],
      GetSecretValue: [denied, /-password cannot be read: AccessDeniedException: no/],
      'GetSecretValue of the previous version': [denied, /valkey-password cannot be read: AccessDeniedException: no/],
      HeadBucket: [[403, '', ''], /keys do not open the bucket bento-storage: 403: Forbidden/],
      CompleteLifecycleAction: [[403, 'AccessDenied', 'no'], /AccessDenied.*: no/],
    };
    const { came } = await run(
      Object.fromEntries(names.map((name) => [name, [...throttling, ends[name]![0], ...throttling]])),
    );
    for (const name of names) {
      expect({ name, ...came[name] }).toEqual({ name, refused: expect.stringMatching(ends[name]![1]) as string });
      if (!name.startsWith('GetSecretValue')) expect({ name, left: left[name] }).toEqual({ name, left: 12 });
    }
  });

  test('each is given up in the end, and names the last error', async () => {
    const { came } = await run(
      { GetParameter: Array<Failure>(50_000).fill([400, 'ThrottlingException', 'Rate']) },
      5000,
    );
    expect(came['GetParameter']!.refused).toMatch(/settings cannot be read: ThrottlingException: Rate/);
  });
});
