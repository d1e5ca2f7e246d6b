import path from 'node:path';
import { CreateImageCommand, CreateTagsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { imageKinds, project } from '../../config/names';
import { startLocalAws, type LocalAws } from '../../tools/local-aws';
import { bodies } from '../../tools/local-bake/json';
import { readTemplates, sourceBodies } from '../../tools/local-bake/templates';
import { run } from '../scripts/support';
import { describeWith, localAws } from '../support/tools';
import { layEc2Wire, type Ec2Wire } from './support/ec2-wire';

jest.setTimeout(60_000);

const sourceImage = 'ami-0a1b2c3d4e5f60001';

describeWith(['aws', 'jq', localAws], 'images', () => {
  let aws: LocalAws;
  let wire: Ec2Wire;
  const environments = new Map<string, Record<string, string>>();
  const clients = new Map<string, EC2Client>();
  const [ops, stranger] = ['111111111111', '999999999999'];
  let names = 0;

  beforeAll(async () => {
    aws = await startLocalAws('us-west-2');
    wire = await layEc2Wire(aws.endpoint);
    for (const account of [ops, stranger]) {
      clients.set(account, new EC2Client(await aws.clientSettings(account)));
      environments.set(account, { ...(await aws.environment(account)), AWS_ENDPOINT_URL: wire.endpoint });
    }
  });
  beforeEach(() => {
    wire.reset();
  });
  afterAll(async () => {
    await wire.close();
    await aws.stop();
  });

  const script = (name: string, args: readonly string[] = [], env: Readonly<Record<string, string>> = {}) =>
    run(path.resolve('packer/build', name), args, { env: { ...environments.get(ops), ...env } });
  const asked = (image: string, hash: string) => script('find-image.sh', [image, hash]);

  /** An image of ours that a build may use again, but for the changes. */
  async function image(hash: string, changes: Readonly<Record<string, string>> = {}, account = ops): Promise<string> {
    const ec2 = clients.get(account)!;
    const { Instances } = await ec2.send(new RunInstancesCommand({ ImageId: sourceImage, MinCount: 1, MaxCount: 1 }));
    names += 1;
    const { ImageId } = await ec2.send(
      new CreateImageCommand({ InstanceId: Instances![0]!.InstanceId!, Name: `image-${names}` }),
    );
    const tags = { Project: project, ManagedBy: 'packer', Image: 'manager', InputsHash: hash, ...changes };
    await ec2.send(
      new CreateTagsCommand({
        Resources: [ImageId!],
        Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    );
    return ImageId!;
  }

  /** Puts something into the local AWS's description of an image. */
  const described = (id: string, what: string) => {
    wire.change = ({ action }, body) =>
      action === 'DescribeImages' ? body.replace(`<imageId>${id}</imageId>`, `<imageId>${id}</imageId>${what}`) : body;
  };

  test('one of the same inputs is found, by its hash and kind', async () => {
    const id = await image('one');
    expect(await asked('manager', 'one')).toEqual({ code: 0, stdout: `${id}\n`, stderr: '' });
    expect(await asked('prover', 'one')).toEqual({ code: 0, stdout: '', stderr: '' });
    expect(await asked('manager', 'on')).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test.each([
    ['another project', { Project: 'another' }],
    ['somebody else than Packer', { ManagedBy: 'hand' }],
    ['another kind', { Image: 'prover' }],
    ['an operator who withdrew it', { Withdrawn: 'does not boot' }],
  ])('one of %s is not', async (name, tags) => {
    await image(name, tags);
    expect(await asked('manager', name)).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('one of another account is not', async () => {
    await image('foreign', {}, stranger);
    expect(await asked('manager', 'foreign')).toMatchObject({ code: 0, stdout: '' });
  });

  test('one that is deprecated is not, one that will be is', async () => {
    const id = await image('old');
    described(id, '<deprecationTime>2026-01-01T00:00:00.000Z</deprecationTime>');
    expect(await asked('manager', 'old')).toMatchObject({ code: 0, stdout: '' });
    described(id, '<deprecationTime>2126-01-01T00:00:00.000Z</deprecationTime>');
    expect(await asked('manager', 'old')).toMatchObject({ code: 0, stdout: `${id}\n` });
  });

  test('one that is not available is not', async () => {
    const id = await image('disabled');
    expect(await asked('manager', 'disabled')).toMatchObject({ stdout: `${id}\n` });
    let filters: URLSearchParams | undefined;
    wire.answer = ({ parameters }) => {
      filters = parameters;
      return undefined;
    };
    await asked('manager', 'disabled');
    expect([filters?.get('Filter.1.Name'), filters?.get('Filter.1.Value.1')]).toEqual(['state', 'available']);
  });

  test.each(imageKinds)('a failing EC2 is a failure, not the answer that there is no %s', async (kind) => {
    wire.answer = () => ({
      status: 403,
      body: '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>',
    });
    const { code, stdout, stderr } = await asked(kind, 'one');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('find-image: EC2 does not say which images there are');
  });

  describe('the source', () => {
    test('is looked for as the template does', async () => {
      const [source] = sourceBodies((await readTemplates()).get('source.pkr.hcl')!);
      const [filter] = bodies(source!['source_ami_filter']);
      let asked: Record<string, string> = {};
      wire.answer = ({ parameters }) => {
        asked = Object.fromEntries(parameters);
        return undefined;
      };
      expect(await script('source-image.sh')).toMatchObject({ code: 0, stdout: `export SOURCE_AMI=${sourceImage}\n` });
      const numbers = [1, 2, 3, 4, 5];
      const filters = numbers.map((number) => [asked[`Filter.${number}.Name`], asked[`Filter.${number}.Value.1`]]);
      const expected = { ...(filter!['filters'] as Record<string, string>), state: 'available' };
      expect(Object.fromEntries(filters)).toEqual(expected);
      expect([asked['Owner.1'], asked['Owner.2']]).toEqual([...(filter!['owners'] as string[]), undefined]);
    });

    test('is the newest', async () => {
      const item = (id: string, date: string) =>
        `<item><imageId>${id}</imageId><creationDate>${date}</creationDate></item>`;
      const items = [
        item('ami-0000000000000000a', '2026-03-01T00:00:00.000Z'),
        item('ami-0000000000000000c', '2026-03-02T00:00:00.000Z'),
        item('ami-0000000000000000b', '2026-03-02T00:00:00.000Z'),
      ];
      for (const order of [items, items.toReversed()]) {
        wire.answer = () => ({
          body: `<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><imagesSet>${order.join('')}</imagesSet></DescribeImagesResponse>`,
        });
        expect(await script('source-image.sh')).toMatchObject({
          code: 0,
          stdout: 'export SOURCE_AMI=ami-0000000000000000c\n',
        });
      }
    });

    test('that there is none of ends the build', async () => {
      wire.answer = () => ({
        body: '<DescribeImagesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><imagesSet/></DescribeImagesResponse>',
      });
      const { code, stdout, stderr } = await script('source-image.sh');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('source-image: Canonical has no image ubuntu/images/hvm-ssd-gp3/ubuntu-noble');
    });

    test('that EC2 does not tell ends the build', async () => {
      const { code, stdout, stderr } = await script('source-image.sh', [], {
        AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        AWS_MAX_ATTEMPTS: '1',
      });
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toContain('source-image: EC2 does not say which images Canonical has');
    });
  });
});
