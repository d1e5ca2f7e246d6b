import { SSMServiceException } from '@aws-sdk/client-ssm';
import { PinUnusableError, PointerNotMovedError } from '../../../lambda/packer-ami-sharing/errors';
import { isTransient, retrying } from '../../../lambda/common/retry';
import { ec2Error, noWaits } from '../packer-ami-sharing/support';

const withStatus = (httpStatusCode: number) =>
  new SSMServiceException({ name: 'Other', $fault: 'server', $metadata: { httpStatusCode } });

test.each<[what: string, error: unknown, transient: boolean]>([
  ['RequestLimitExceeded', ec2Error('RequestLimitExceeded'), true],
  ['ThrottlingException', ec2Error('ThrottlingException'), true],
  ['TooManyUpdates', ec2Error('TooManyUpdates'), true],
  ['InvalidAMIID.NotFound', ec2Error('InvalidAMIID.NotFound'), true],
  ['ExpiredTokenException', ec2Error('ExpiredTokenException'), true],
  ['RequestExpired', ec2Error('RequestExpired'), true],
  ['TimeoutError', Object.assign(new Error(), { name: 'TimeoutError' }), true],
  ['a connection that is reset', Object.assign(new Error(), { code: 'ECONNRESET' }), true],
  ['500', withStatus(500), true],
  ['503', withStatus(503), true],
  ['501', withStatus(501), true],
  ['400', withStatus(400), false],
  ['UnauthorizedOperation', ec2Error('UnauthorizedOperation'), false],
  ['AccessDenied', ec2Error('AccessDenied'), false],
  ['ValidationException', ec2Error('ValidationException'), false],
  ['a pin that can not be honoured', new PinUnusableError('pin', 'ami-1', 'account'), false],
  ['a wait that was long enough', new PointerNotMovedError('pointer', 'ami-1', 60), false],
  ['a bug', new TypeError('x is not a function'), false],
  ['no error at all', 'throttled', false],
])('%s', (_, error, transient) => {
  expect(isTransient(error)).toBe(transient);
});

describe('work that fails', () => {
  const failing = (times: number, error: Error) => {
    let calls = 0;
    return jest.fn(() => (calls++ < times ? Promise.reject(error) : Promise.resolve('done')));
  };
  const throttled = ec2Error('Throttling');

  test('is repeated after growing pauses, each cut by up to half', async () => {
    const sleep = jest.fn<Promise<void>, [number]>(() => Promise.resolve());
    await expect(retrying(failing(2, throttled), noWaits(sleep))).resolves.toBe('done');
    const [first = 0, second = 0] = sleep.mock.calls.map(([seconds]) => seconds);
    expect(sleep).toHaveBeenCalledTimes(2);
    expect(first).toBeGreaterThan(3.4);
    expect(first).toBeLessThanOrEqual(7);
    expect(second).toBeGreaterThan(3.9);
    expect(second).toBeLessThanOrEqual(8);
  });

  test('is given up after the last pause, with its own error', async () => {
    const work = failing(Infinity, throttled);
    await expect(retrying(work, noWaits())).rejects.toBe(throttled);
    expect(work).toHaveBeenCalledTimes(3);
  });

  test('is not repeated where the error is permanent', async () => {
    const denied = ec2Error('UnauthorizedOperation');
    const work = failing(1, denied);
    await expect(retrying(work, noWaits())).rejects.toBe(denied);
    expect(work).toHaveBeenCalledTimes(1);
  });
});
