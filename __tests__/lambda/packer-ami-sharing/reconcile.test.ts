import { DeleteTagsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { both, former, production, staging, unready, commands } from './commands';

const on = commands();

describe('reconcile', () => {
  test('without drift finds nothing, changes nothing and reports that in numbers', async () => {
    const imageId = await on.factory.build('manager');
    await on.share(imageId);
    await on.factory.announced();
    await expect(on.reconcile()).resolves.toEqual({
      dryRun: false,
      images: 1,
      imagesLeft: 0,
      driftFound: 0,
      driftRepaired: 0,
      publicImages: [],
      drift: [],
      refused: [],
      unproven: [],
      launchProblems: [],
      failures: [],
    });
    expect(await on.factory.announced()).toEqual([]);
    expect(on.metrics()).toMatchObject({ DriftFound: 0, DriftRepaired: 0, PublicImages: 0, LaunchProblems: 0 });
  });

  test('measures how old the newest image is, and the newest that staging validated', async () => {
    const [older = '', newer = ''] = await on.factory.buildInOrder('manager', 2);
    for (const imageId of [older, newer]) await on.share(imageId);
    const Name = '/boundless/ami/manager/validated';
    const ssm = on.factory.client(SSMClient, staging);
    await ssm.send(new PutParameterCommand({ Name, Value: older, Type: 'String', DataType: 'aws:ec2:image' }));
    on.output.lines = [];
    await on.reconcile();
    await ssm.send(new DeleteParameterCommand({ Name }));
    const ages = on.output.lines.flatMap((line) => {
      const entry = JSON.parse(line) as Record<string, unknown>;
      return ['LatestImageAgeDays', 'ValidatedImageAgeDays'].flatMap((name) =>
        name in entry ? [[name, entry['Image'], entry['service'], Number(entry[name]) < 1]] : [],
      );
    });
    expect(ages).toEqual([
      ['LatestImageAgeDays', 'manager', 'packer-ami-sharing', true],
      ['ValidatedImageAgeDays', 'manager', 'packer-ami-sharing', true],
    ]);
  });

  test('repairs permissions, tags and pointers; a dry run only reports them', async () => {
    const [older = '', newer = ''] = await on.factory.buildInOrder('manager', 2);
    for (const imageId of [older, newer]) await on.share(imageId);
    await on.factory.announced();

    await on.modify(newer, { Remove: [{ UserId: staging }], Add: [{ UserId: former }, { Group: 'all' }] });
    await on.movePointer(production, older);
    const ec2 = on.factory.client(EC2Client, production);
    await ec2.send(new DeleteTagsCommand({ Resources: [newer], Tags: [{ Key: 'Version' }] }));

    const drift = [
      { what: 'launch permissions', imageId: newer, added: [staging], removed: [former, 'all'] },
      { what: 'tags', accountId: production, imageIds: [newer] },
      { what: 'pointer', accountId: production, kind: 'manager', from: older, to: newer },
    ];
    const reported = await on.reconcile(true);
    expect(reported).toMatchObject({ dryRun: true, driftRepaired: 0, publicImages: [newer] });
    expect(reported.drift).toContainEqual(drift[0]);
    expect(await on.factory.launchPermissions(newer)).toEqual([production, former, 'all']);
    expect(await on.latest(production)).toBe(older);
    expect(await on.factory.announced()).toEqual([]);

    const result = await on.reconcile();
    expect(result).toMatchObject({ driftFound: 3, driftRepaired: 3, publicImages: [newer], drift, failures: [] });
    expect(await on.factory.launchPermissions(newer)).toEqual(both);
    for (const account of both) expect(await on.latest(account)).toBe(newer);
    expect((await on.factory.view(production, newer)).tags).toMatchObject({ Version: '1.2.3' });
    expect(on.metrics()).toMatchObject({ DriftFound: 3, DriftRepaired: 3, PublicImages: 1 });
    expect(await on.factory.announced()).toEqual([
      {
        type: 'AMI Drift Found',
        detail: { driftFound: 3, publicImages: [newer], drift },
      },
    ]);
    await expect(on.reconcile()).resolves.toMatchObject({ driftFound: 0, publicImages: [] });
  });

  test('an account that is no longer configured loses every image, a new one gets them', async () => {
    const images = await on.factory.buildInOrder('manager', 7);
    for (const imageId of images) await on.share(imageId);
    on.configure([production, former]);
    // 7 images are more than a page.
    await expect(on.reconcile()).resolves.toMatchObject({ images: 7, failures: [] });
    for (const imageId of images) expect(await on.factory.launchPermissions(imageId)).toEqual([production, former]);
    expect(await on.latest(former)).toBe(images[6]);
    expect((await on.factory.view(former, images[0]!)).tags).toMatchObject({ Image: 'manager' });
    expect((await on.factory.view(staging, images[0]!)).tags).toBeUndefined();
  });

  test('shares an image whose event was lost, if its build vouches for it, and only then', async () => {
    const [lost, unknown] = [await on.factory.build('manager'), await on.factory.build('prover')];
    await on.factory.record(lost);
    await expect(on.reconcile()).resolves.toMatchObject({ unproven: [unknown] });
    expect(await on.factory.launchPermissions(lost)).toEqual(both);
    expect(await on.factory.launchPermissions(unknown)).toEqual([]);
    expect(await on.latest(staging)).toBe(lost);
  });

  test('gives an image that breaks a rule to nobody new, and takes it from strangers', async () => {
    const imageId = await on.factory.build('manager', { encrypted: false });
    await on.factory.record(imageId);
    await on.modify(imageId, { Add: [{ UserId: staging }, { UserId: former }] });
    await expect(on.reconcile()).resolves.toMatchObject({
      refused: [{ imageId, rules: [expect.stringMatching(/^snapshot of .* is encrypted with/) as unknown] }],
    });
    expect(await on.factory.launchPermissions(imageId)).toEqual([staging]);
  });

  test('lists what keeps instances from starting, with the exact fix', async () => {
    on.configure([staging, unready]);
    const { launchProblems } = await on.reconcile();
    const role = `arn:aws:iam::${unready}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
    expect(launchProblems.map(({ accountId, link }) => [accountId, link])).toEqual([
      [unready, 'key policy'],
      [unready, 'key policy'],
      [unready, 'grant'],
      [unready, 'service-linked role'],
    ]);
    expect(launchProblems.map(({ fix }) => fix)).toEqual([
      expect.stringContaining(
        `"Principal":{"AWS":"arn:aws:iam::${unready}:root"},` +
          '"Action":["kms:Encrypt","kms:Decrypt","kms:ReEncrypt*","kms:GenerateDataKey*","kms:DescribeKey"]',
      ),
      expect.stringContaining(`"Condition":{"ArnEquals":{"kms:GranteePrincipal":"${role}"}}`),
      expect.stringContaining(`aws kms create-grant --key-id ${on.factory.imageKeyArn} --grantee-principal ${role}`),
      expect.stringContaining('aws iam create-service-linked-role'),
    ]);
    expect(on.metrics()).toMatchObject({ LaunchProblems: 4 });
    await expect(on.invoke({ command: 'preflight' })).resolves.toEqual({ launchProblems });
  });
});
