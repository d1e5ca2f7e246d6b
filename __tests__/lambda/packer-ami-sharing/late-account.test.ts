import { secondsOf } from '../../../lambda/common/poll';
import { awsWaits, type Waits } from '../../../lambda/packer-ami-sharing/waits';
import { functionEnvironment } from '../../support/function-environment';
import { MemoryAws } from './memory-aws';
import { ec2Error, environment, exportedBy } from './support';

const [staging, production] = ['222222222222', '333333333333'] as const;
let aws: MemoryAws;
let now: number;
/** AWS's own waits, on a clock that the test moves. */
const waits: Waits = {
  ...awsWaits,
  sleep: (seconds) => {
    now += seconds;
    return Promise.resolve();
  },
};

functionEnvironment(() => environment([staging, production]));
beforeEach(() => {
  aws = new MemoryAws();
  now = 0;
});

/** EC2 of one account does not know the image before that time, whatever it is asked. */
function seenAfter(seconds: number): void {
  aws.before = ({ account, action }) => {
    if (account !== staging || now >= seconds) return undefined;
    if (action === 'CreateTags') throw ec2Error('InvalidAMIID.NotFound');
    return action === 'DescribeImages' ? { Images: [] } : undefined;
  };
}

test.each([3, 15, 30, 120])('an account that sees a new image after %d s gets it in the same run', async (seconds) => {
  const image = aws.bake('prover');
  seenAfter(seconds);
  await expect(aws.invoke(exportedBy(image.id), { waits })).resolves.toMatchObject({
    accounts: [
      { tags: 'added', pointer: 'moved' },
      { tags: 'added', pointer: 'moved' },
    ],
  });
  expect(now).toBeLessThan(2 * seconds + 2);
});

test('one that never sees it is given up after 150 s, and the other has it', async () => {
  const image = aws.bake('prover');
  seenAfter(Infinity);
  await expect(aws.invoke(exportedBy(image.id), { waits })).rejects.toThrow('TagsMissingError');
  expect(now).toBe(150);
  expect(aws.pointer(staging, 'prover')).toBeUndefined();
  expect(aws.pointer(production, 'prover')).toBe(image.id);
});

test('a service account is waited for as patiently as the ops account', () => {
  expect(secondsOf(awsWaits.tags)).toBe(secondsOf(awsWaits.imageVisible));
});
