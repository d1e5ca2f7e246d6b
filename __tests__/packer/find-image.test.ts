import path from 'node:path';
import { CreateImageCommand, CreateTagsCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { codeBuildProjects, imageKinds, project } from '../../config/names';
import { run } from '../scripts/support';
import { describeWith, localAws } from '../support/tools';
import { dated } from './support/ec2-proxy';
import { opsAccount, sourceImage } from './support/ops-account';

jest.setTimeout(60_000);

describeWith(['aws', 'jq', localAws], 'an image', () => {
  const ops = opsAccount();
  let names = 0;
  /** By build: the image and the inputs that its record holds. */
  const exported = new Map<
    string,
    { readonly AMI_ID: string; readonly INPUTS_HASH: string; readonly status?: string }
  >();
  beforeEach(() => {
    ops.proxy.record = (id) => {
      const { status = 'SUCCEEDED', ...variables } = exported.get(id) ?? { status: undefined };
      const exportedEnvironmentVariables = Object.entries(variables).map(([name, value]) => ({ name, value }));
      return exported.has(id) ? { id, buildStatus: status, exportedEnvironmentVariables } : undefined;
    };
  });

  const asked = (image: string, hash: string) =>
    run(path.resolve('packer/build/find-image.sh'), [image, hash], { env: ops.environment });
  const kindOf = (name: string) => name.replaceAll(/\W/g, '-');

  /** An image of a build that a build may use again, but for the changes. Each test has a kind of image of its own. */
  async function image(kind: string, hash: string, changes: Readonly<Record<string, string>> = {}, ec2 = ops.ec2) {
    const { Instances } = await ec2.send(new RunInstancesCommand({ ImageId: sourceImage, MinCount: 1, MaxCount: 1 }));
    names += 1;
    const { ImageId } = await ec2.send(
      new CreateImageCommand({ InstanceId: Instances![0]!.InstanceId!, Name: `image-${names}` }),
    );
    const build = `${codeBuildProjects.packer}:${names}`;
    exported.set(build, { AMI_ID: ImageId!, INPUTS_HASH: hash });
    const own = { Project: project, ManagedBy: 'packer', Image: kind, BuildId: build };
    const tags = { ...own, Version: 'v1.2.2', InputsHash: hash, ...changes };
    await ec2.send(
      new CreateTagsCommand({
        Resources: [ImageId!],
        Tags: Object.entries(tags).flatMap(([Key, Value]) => (Value === '' ? [] : [{ Key, Value }])),
      }),
    );
    return ImageId!;
  }

  /** Puts something into the local AWS's description of images. */
  const described = (what: Readonly<Record<string, string>>) => {
    ops.proxy.change = ({ action }, body) =>
      action === 'DescribeImages'
        ? Object.entries(what).reduce(
            (text, [id, more]) => text.replace(`<imageId>${id}</imageId>`, `<imageId>${id}</imageId>${more}`),
            body,
          )
        : body;
  };
  const found = (id: string) => ({ code: 0, stdout: `${id}\n`, stderr: '' });
  const nothing = { code: 0, stdout: '', stderr: '' };

  test('one of the same inputs is found, by its hash and kind', async () => {
    const id = await image('kind', 'one');
    expect(await asked('kind', 'one')).toEqual(found(id));
    expect(await asked('another', 'one')).toEqual(nothing);
    expect(await asked('kind', 'on')).toEqual(nothing);
    expect(await asked('kind', 'ne')).toEqual(nothing);
  });

  test.each([
    ['another project', { Project: 'another' }],
    ['not made by Packer', { ManagedBy: 'hand' }],
    ['another kind', { Image: 'prover' }],
    ['an operator who withdrew it', { Withdrawn: 'does not boot' }],
  ])('one of %s is not', async (name, tags) => {
    await image(kindOf(name), 'one', tags);
    expect(await asked(kindOf(name), 'one')).toEqual(nothing);
  });

  test('one of another account is not', async () => {
    await image('foreign', 'one', {}, new EC2Client(await ops.aws.clientSettings('999999999999')));
    expect(await asked('foreign', 'one')).toEqual(nothing);
  });

  test('one that is deprecated is not, one that will be is', async () => {
    const id = await image('old', 'one');
    described({ [id]: '<deprecationTime>2026-01-01T00:00:00.000Z</deprecationTime>' });
    expect(await asked('old', 'one')).toEqual(nothing);
    described({ [id]: '<deprecationTime>2126-01-01T00:00:00.000Z</deprecationTime>' });
    expect(await asked('old', 'one')).toEqual(found(id));
  });

  test('one that is not available is not asked for', async () => {
    const filters: (string | null)[] = [];
    ops.proxy.answer = ({ parameters }) => {
      filters.push(parameters.get('Filter.1.Name'), parameters.get('Filter.1.Value.1'));
      return undefined;
    };
    await asked('kind', 'one');
    expect(filters).toEqual(['state', 'available']);
  });

  test.each(['Version', 'InputsHash'])(
    'one without %s, which a build was interrupted at, hides no older one',
    async (tag) => {
      const [good, left] = [await image(tag, 'one'), await image(tag, 'one', { [tag]: '' })];
      ops.proxy.change = (_, body) =>
        dated(dated(body, good, '2026-03-01T00:00:00.000Z'), left, '2026-03-02T00:00:00.000Z');
      expect(await asked(tag, 'one')).toEqual(found(good));
    },
  );

  describe('that carries the right tags is not used where', () => {
    const build = (count: number) => `${codeBuildProjects.packer}:${count}`;
    const crafted = async (kind: string, change: (id: string) => Readonly<Record<string, string>> | undefined) => {
      const id = await image(kind, 'one', { BuildId: 'none' });
      const tags = change(id) ?? {};
      const Tags = Object.entries({ BuildId: build(names), ...tags }).map(([Key, Value]) => ({ Key, Value }));
      await ops.ec2.send(new CreateTagsCommand({ Resources: [id], Tags }));
      const answer = await asked(kind, 'one');
      expect([answer.code, answer.stdout]).toEqual([0, '']);
      expect(answer.stderr).toContain(`find-image: ${id} is not used again: no build of ${codeBuildProjects.packer}`);
    };

    test('CodeBuild knows no such build', () =>
      crafted('forgotten', () => {
        exported.delete(build(names));
      }));
    test('the build failed', () =>
      crafted('failed', (id) => {
        exported.set(build(names), { AMI_ID: id, INPUTS_HASH: 'one', status: 'FAILED' });
      }));
    test('the build exported another image', () =>
      crafted('another-image', () => {
        exported.set(build(names), { AMI_ID: 'ami-0123456789abcdef0', INPUTS_HASH: 'one' });
      }));
    test('the build was of other inputs', () =>
      crafted('other-inputs', (id) => {
        exported.set(build(names), { AMI_ID: id, INPUTS_HASH: 'two' });
      }));
    test('the build is of another project', () =>
      crafted('other-project', (id) => {
        exported.set('another:1', { AMI_ID: id, INPUTS_HASH: 'one' });
        return { BuildId: 'another:1' };
      }));
  });

  describe('of two', () => {
    const [earlier, later] = ['2026-03-01T00:00:00.000Z', '2026-03-02T00:00:00.000Z'];

    test('the newest is taken', async () => {
      const [one, two] = [await image('both', 'same'), await image('both', 'same')];
      for (const [first, second] of [
        [one, two],
        [two, one],
      ] as const) {
        // The local AWS gives all images one time of creation.
        ops.proxy.change = (_, body) => dated(dated(body, first, earlier), second, later);
        expect(await asked('both', 'same')).toEqual(found(second));
      }
    });

    test('the older is not taken, which would not become the latest again, until the newer one is withdrawn', async () => {
      const [old, reverted] = [await image('reverted', 'before'), await image('reverted', 'after')];
      ops.proxy.change = (_, body) => dated(dated(body, old, earlier), reverted, later);
      expect(await asked('reverted', 'after')).toEqual(found(reverted));
      expect(await asked('reverted', 'before')).toEqual({
        code: 0,
        stdout: '',
        stderr: `find-image: an image of the same inputs is not used: ${reverted} is newer, and would go on being the latest\n`,
      });
      const tags = [{ Key: 'Withdrawn', Value: 'does not boot' }];
      await ops.ec2.send(new CreateTagsCommand({ Resources: [reverted], Tags: tags }));
      expect(await asked('reverted', 'before')).toEqual(found(old));
    });
  });

  test.each(imageKinds)('a failing EC2 is a failure, not the answer that there is no %s', async (kind) => {
    ops.proxy.answer = () => ({
      status: 403,
      body: '<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>',
    });
    const { code, stdout, stderr } = await asked(kind, 'one');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('find-image: EC2 does not list the images of this account');
  });
});
