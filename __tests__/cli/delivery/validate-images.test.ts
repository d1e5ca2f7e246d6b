import { GetParameterCommand, ParameterNotFound, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { mockClient } from 'aws-sdk-client-mock';
import { validateImages, type ValidateImagesProps } from '../../../cli/delivery/validate-images';
import { rolloutLook } from '../../../cli/delivery/rollout/watch';

jest.mock('../../../cli/delivery/rollout/watch');

const [wanted, other] = ['ami-0123456789abcdef0', 'ami-00000000000000001'];
const [manager, prover, together] = [
  '/boundless/ami/manager/validated',
  '/boundless/ami/prover/validated',
  '/boundless/ami/validated-images',
];
const images = { manager: wanted, prover: wanted };
const pair = (one: string, two: string) => JSON.stringify({ manager: one, prover: two });

const ssm = mockClient(SSMClient);
let parameters: Record<string, string>;
/** Whether the groups run the images, asked at each look. */
let runs: () => boolean;
let smoke: ValidateImagesProps['smoke'];
const reports: string[] = [];
const pauses: number[] = [];

const written = () => ssm.commandCalls(PutParameterCommand).map(({ args: [{ input }] }) => input.Name);
const put = ({ Name = '', Value = '' }: { Name?: string; Value?: string }) => {
  parameters[Name] = Value;
  return {};
};

beforeEach(() => {
  parameters = { [manager]: other, [prover]: other, [together]: pair(other, other) };
  runs = () => true;
  smoke = 'passed';
  reports.length = 0;
  pauses.length = 0;
  ssm.reset();
  ssm.on(GetParameterCommand).callsFake(({ Name }: { Name: string }) => {
    const Value = parameters[Name];
    if (Value === undefined) throw new ParameterNotFound({ message: Name, $metadata: {} });
    return { Parameter: { Value } };
  });
  ssm.on(PutParameterCommand).callsFake(put);
  jest
    .mocked(rolloutLook)
    .mockReturnValue(() =>
      Promise.resolve(
        ['manager', 'prover'].map((role) =>
          runs() ? { is: 'done', text: role, instances: 1 } : { is: 'failed', text: `${role}: it runs another image` },
        ),
      ),
    );
});

const validatedImages = () =>
  validateImages({
    environment: 'staging',
    client: { region: 'us-west-2' },
    images,
    smoke,
    report: (line) => void reports.push(line),
    dryRun: false,
    pauses: [1, 2],
    sleep: (seconds) => Promise.resolve(pauses.push(seconds)),
  });

test('the images that ran together are recorded last, in one write', async () => {
  expect(await validatedImages()).toMatchObject({ together: true });
  expect(written()).toEqual([manager, prover, together]);
  expect(parameters).toEqual({ [manager]: wanted, [prover]: wanted, [together]: pair(wanted, wanted) });
});

test.each([manager, prover, together])('a repetition after a crash at %s does the rest', async (crash) => {
  let crashes = 1;
  ssm.on(PutParameterCommand, { Name: crash }).callsFake((input: { Name: string; Value: string }) => {
    if (crashes-- > 0) throw new Error('ended');
    return put(input);
  });
  await expect(validatedImages()).rejects.toThrow('ended');
  // Whatever production plans with now ran together.
  expect(parameters[together]).toBe(pair(other, other));
  await validatedImages();
  expect(parameters).toEqual({ [manager]: wanted, [prover]: wanted, [together]: pair(wanted, wanted) });
});

test.each([
  ['before the first pointer', '', []],
  ['between the pointers', manager, [manager]],
  ['before the record of both', prover, [manager, prover]],
])('another deployment %s ends the validation', async (_, after, done) => {
  if (after === '') runs = () => false;
  ssm.on(PutParameterCommand, { Name: after }).callsFake((input: { Name: string; Value: string }) => {
    runs = () => false;
    return put(input);
  });
  await expect(validatedImages()).rejects.toThrow(
    'staging does not run these images, so they are not validated:\n  - manager: it runs another image',
  );
  expect(written()).toEqual(done);
  expect(parameters[together]).toBe(pair(other, other));
});

test('a pointer that keeps its old value is an error, after the pauses', async () => {
  ssm.on(PutParameterCommand).resolves({});
  await expect(validatedImages()).rejects.toThrow(
    `${manager} is ${other} after ${wanted} was written; Parameter Store drops images that the writing role may not describe`,
  );
  expect(pauses).toEqual([1, 2]);
});

test.each(['junk', '{}', pair('ami-junk', wanted)])(
  'a record that is %s is reported and written again',
  async (text) => {
    parameters[together] = text;
    await validatedImages();
    expect(parameters[together]).toBe(pair(wanted, wanted));
    expect(reports[0]).toContain(
      `/boundless/ami/validated-images of staging is ${JSON.stringify(text)}, which does not name`,
    );
  },
);

test('a record that may not be read is not written', async () => {
  const denied = Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });
  ssm.on(GetParameterCommand, { Name: together }).rejects(denied);
  await expect(validatedImages()).rejects.toThrow(
    '/boundless/ami/validated-images of staging cannot be read: not authorized',
  );
  expect(written()).not.toContain(together);
});

test('nor is the manager of a cluster without provers, where the smoke test was skipped', async () => {
  smoke = 'skipped';
  jest.mocked(rolloutLook).mockReturnValue(() =>
    Promise.resolve([
      { is: 'done', text: 'manager', instances: 1 },
      { is: 'done', text: 'prover', instances: 0 },
    ]),
  );
  const { pointers, together: both } = await validatedImages();
  expect([pointers.map(({ validated }) => validated), both, written()]).toEqual([[false, false], false, []]);
});

test('images are not validated where the smoke test was skipped and each role has instances since', async () => {
  smoke = 'skipped';
  await expect(validatedImages()).rejects.toThrow(
    'The smoke test of staging was skipped, and now there are instances of each role; run it: make smoke ENV=staging',
  );
  expect(written()).toEqual([]);
});
