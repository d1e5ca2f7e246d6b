import {
  DeleteTagsCommand,
  EC2Client,
  EnableAllowedImagesSettingsCommand,
  ModifyImageAttributeCommand,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
  type LaunchPermissionModifications,
} from '@aws-sdk/client-ec2';
import { DeleteParameterCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { handlerWith } from '../../../lambda/packer-ami-sharing/handler';
import type { PinResult } from '../../../lambda/packer-ami-sharing/pin';
import type { ReconcileResult } from '../../../lambda/packer-ami-sharing/reconcile-report';
import type { WithdrawalResult } from '../../../lambda/packer-ami-sharing/withdraw';
import { describeWith, localAws } from '../../support/tools';
import { LocalFactory } from './local-factory';
import { context, environment, exportedBy, noWaits } from './support';

jest.setTimeout(300_000);

const [staging, production, former, unready] = [
  '222222222222',
  '333333333333',
  '444444444444',
  '555555555555',
] as const;
const both = [staging, production];
const saved = { ...process.env };

describeWith([localAws], 'commands on the local AWS', () => {
  let factory: LocalFactory;
  let lines: string[];

  const configure = (accounts: readonly string[]) => {
    process.env = { ...saved, ...environment(accounts), AMI_KEY_ARN: factory.imageKeyArn };
  };
  beforeAll(async () => {
    factory = await LocalFactory.start();
    for (const account of [...both, former]) await factory.prepareLaunch(account);
  });
  afterAll(() => factory.stop());
  beforeEach(() => {
    configure(both);
    lines = [];
    for (const stream of [process.stdout, process.stderr])
      jest.spyOn(stream, 'write').mockImplementation((line) => {
        lines.push(String(line));
        return true;
      });
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    process.env = saved;
    // A run looks at every image there is.
    await factory.clear([...both, former]);
  });

  const invoke = (input: unknown) => handlerWith({ clients: factory.clients(), waits: noWaits() })(input, context);
  const reconcile = (dryRun = false) => invoke({ command: 'reconcile', dryRun }) as Promise<ReconcileResult>;
  const share = (imageId: string) => invoke(exportedBy(imageId));
  const metrics = () =>
    lines.map((line) => JSON.parse(line) as Record<string, unknown>).findLast((entry) => '_aws' in entry);
  const modify = (ImageId: string, LaunchPermission: LaunchPermissionModifications) =>
    factory.ec2.send(new ModifyImageAttributeCommand({ ImageId, LaunchPermission }));
  const latest = async (account: string) => (await factory.view(account, '')).pointers['manager/latest'];
  const ssmOf = async (account: string) => new SSMClient(await factory.aws.clientSettings(account));
  const movePointer = async (account: string, Value: string) =>
    (await ssmOf(account)).send(
      new PutParameterCommand({ Name: '/boundless/ami/manager/latest', Value, Type: 'String', Overwrite: true }),
    );

  describe('reconcile', () => {
    test('of what is right finds nothing, changes nothing and says so in figures', async () => {
      const imageId = await factory.build('manager');
      await share(imageId);
      await factory.announced();
      await expect(reconcile()).resolves.toEqual({
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
      expect(await factory.announced()).toEqual([]);
      expect(metrics()).toMatchObject({ DriftFound: 0, DriftRepaired: 0, PublicImages: 0, LaunchProblems: 0 });
    });

    test('measures how old the newest image is, and the newest that staging proved', async () => {
      const [older = '', newer = ''] = await factory.buildInOrder('manager', 2);
      for (const imageId of [older, newer]) await share(imageId);
      const Name = '/boundless/ami/manager/validated';
      const ssm = await ssmOf(staging);
      await ssm.send(new PutParameterCommand({ Name, Value: older, Type: 'String', DataType: 'aws:ec2:image' }));
      lines = [];
      await reconcile();
      await ssm.send(new DeleteParameterCommand({ Name }));
      const ages = lines.flatMap((line) => {
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

    test('repairs permissions, tags and pointers; a dry run only tells', async () => {
      const [older = '', newer = ''] = await factory.buildInOrder('manager', 2);
      for (const imageId of [older, newer]) await share(imageId);
      await factory.announced();

      await modify(newer, { Remove: [{ UserId: staging }], Add: [{ UserId: former }, { Group: 'all' }] });
      await movePointer(production, older);
      const ec2 = new EC2Client(await factory.aws.clientSettings(production));
      await ec2.send(new DeleteTagsCommand({ Resources: [newer], Tags: [{ Key: 'Version' }] }));

      const drift = [
        { what: 'launch permissions', imageId: newer, added: [staging], removed: [former, 'all'] },
        { what: 'tags', accountId: production, imageIds: [newer] },
        { what: 'pointer', accountId: production, kind: 'manager', from: older, to: newer },
      ];
      const told = await reconcile(true);
      expect(told).toMatchObject({ dryRun: true, driftRepaired: 0, publicImages: [newer] });
      expect(told.drift).toContainEqual(drift[0]);
      expect(await factory.launchPermissions(newer)).toEqual([production, former, 'all']);
      expect(await latest(production)).toBe(older);
      expect(await factory.announced()).toEqual([]);

      const result = await reconcile();
      expect(result).toMatchObject({ driftFound: 3, driftRepaired: 3, publicImages: [newer], drift, failures: [] });
      expect(await factory.launchPermissions(newer)).toEqual(both);
      for (const account of both) expect(await latest(account)).toBe(newer);
      expect((await factory.view(production, newer)).tags).toMatchObject({ Version: '1.2.3' });
      expect(metrics()).toMatchObject({ DriftFound: 3, DriftRepaired: 3, PublicImages: 1 });
      expect(await factory.announced()).toEqual([
        {
          type: 'AMI Drift Found',
          detail: { driftFound: 3, publicImages: [newer], drift },
        },
      ]);
      await expect(reconcile()).resolves.toMatchObject({ driftFound: 0, publicImages: [] });
    });

    test('an account that is no longer configured loses every image, a new one gets them', async () => {
      const images = await factory.buildInOrder('manager', 7);
      for (const imageId of images) await share(imageId);
      configure([production, former]);
      // 7 images are more than a page of the local AWS.
      await expect(reconcile()).resolves.toMatchObject({ images: 7, failures: [] });
      for (const imageId of images) expect(await factory.launchPermissions(imageId)).toEqual([production, former]);
      expect(await latest(former)).toBe(images[6]);
      expect((await factory.view(former, images[0]!)).tags).toMatchObject({ Image: 'manager' });
      expect((await factory.view(staging, images[0]!)).tags).toBeUndefined();
    });

    test('shares an image whose event was lost, if its build vouches for it, and only then', async () => {
      const [lost, unknown] = [await factory.build('manager'), await factory.build('prover')];
      await factory.record(lost);
      await expect(reconcile()).resolves.toMatchObject({ unproven: [unknown] });
      expect(await factory.launchPermissions(lost)).toEqual(both);
      expect(await factory.launchPermissions(unknown)).toEqual([]);
      expect(await latest(staging)).toBe(lost);
    });

    test('gives an image that breaks a rule to nobody new, and takes it from strangers', async () => {
      const imageId = await factory.build('manager', { encrypted: false });
      await factory.record(imageId);
      await modify(imageId, { Add: [{ UserId: staging }, { UserId: former }] });
      await expect(reconcile()).resolves.toMatchObject({
        refused: [{ imageId, rules: [expect.stringMatching(/^snapshot of .* is encrypted with/) as unknown] }],
      });
      expect(await factory.launchPermissions(imageId)).toEqual([staging]);
    });

    test('lists what keeps instances from starting, with the exact fix', async () => {
      configure([staging, unready]);
      const { launchProblems } = await reconcile();
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
        expect.stringContaining(`aws kms create-grant --key-id ${factory.imageKeyArn} --grantee-principal ${role}`),
        expect.stringContaining('aws iam create-service-linked-role'),
      ]);
      expect(metrics()).toMatchObject({ LaunchProblems: 4 });
      await expect(invoke({ command: 'preflight' })).resolves.toEqual({ launchProblems });
    });
  });

  test('preflight finds an account that shuts the images of ops out, and none that only watches', async () => {
    const ec2 = new EC2Client(await factory.aws.clientSettings(staging));
    const allow = (...ImageProviders: string[]) =>
      ec2.send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria: [{ ImageProviders }] }));
    const enter = (AllowedImagesSettingsState: 'enabled' | 'audit-mode') =>
      ec2.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState }));
    await allow('amazon');
    await enter('enabled');
    await expect(invoke({ command: 'preflight' })).resolves.toEqual({
      launchProblems: [
        {
          accountId: staging,
          link: 'allowed images',
          problem: 'the account allows only certain images, and those of 111111111111 are not among them',
          fix: expect.stringContaining('npm run sharing -- allow-images') as unknown,
        },
      ],
    });
    await enter('audit-mode');
    await expect(invoke({ command: 'preflight' })).resolves.toEqual({ launchProblems: [] });
    await allow('amazon', '111111111111');
    await enter('enabled');
    await expect(invoke({ command: 'preflight' })).resolves.toEqual({ launchProblems: [] });
  });

  describe('withdraw', () => {
    const withdraw = (imageId: string, dryRun = false) =>
      invoke({ command: 'withdraw', imageId, reason: 'does not boot', dryRun }) as Promise<WithdrawalResult>;

    test('moves pointers to the newest good image, and keeps them from coming back', async () => {
      const [oldest = '', older = '', bad = ''] = await factory.buildInOrder('manager', 3);
      for (const imageId of [oldest, older, bad]) await share(imageId);
      await withdraw(older);
      await factory.announced();

      await expect(withdraw(bad, true)).resolves.toMatchObject({
        accounts: [{ imageId: oldest }, { imageId: oldest }],
      });
      expect(await latest(staging)).toBe(bad);
      expect(await factory.announced()).toEqual([]);

      const result = await withdraw(bad);
      expect(result).toEqual({
        imageId: bad,
        kind: 'manager',
        name: (await factory.image(bad)).Name,
        reason: 'does not boot',
        accounts: both.map((accountId) => ({ accountId, imageId: oldest })),
      });
      for (const account of both) expect(await latest(account)).toBe(oldest);
      const { DeprecationTime, Tags } = await factory.image(bad);
      expect(Date.parse(DeprecationTime!) - Date.now()).toBeLessThan(150_000);
      expect(Tags).toContainEqual({ Key: 'Withdrawn', Value: 'does not boot' });
      // Instances and templates may still name it.
      expect(await factory.launchPermissions(bad)).toEqual(both);
      expect(await factory.announced()).toEqual([{ type: 'AMI Withdrawn', detail: result }]);

      await expect(share(bad)).rejects.toThrow(/image is not withdrawn: found "does not boot"/);
      await expect(reconcile()).resolves.toMatchObject({ driftFound: 0, refused: [], unproven: [] });
      await expect(withdraw(bad)).resolves.toEqual(result);
    });

    test('of the only good image says that there is no other', async () => {
      const imageId = await factory.build('manager');
      await share(imageId);
      await expect(withdraw(imageId)).rejects.toThrow(
        `withdraw is not done:\n${staging}: there is no other good image of this kind`,
      );
      expect(await latest(staging)).toBe(imageId);
      await expect(reconcile()).rejects.toThrow(/is withdrawn, and the pointer of manager still names it; build one/);
    });

    test('that was cut short after its mark is finished by reconcile', async () => {
      const [older = '', bad = ''] = await factory.buildInOrder('manager', 2);
      for (const imageId of [older, bad]) await share(imageId);
      await factory.tag(bad, { Withdrawn: 'cut short' });
      await expect(reconcile()).resolves.toMatchObject({
        drift: expect.arrayContaining([{ what: 'withdrawal', imageId: bad }]) as unknown,
      });
      expect((await factory.image(bad)).DeprecationTime).toBeDefined();
      for (const account of both) expect(await latest(account)).toBe(older);
    });

    test('refuses what is no image of this factory', async () => {
      const imageId = await factory.build('manager', { tags: { Project: 'another' } });
      await expect(withdraw(imageId)).rejects.toThrow(/tag Project is boundless-ami-factory: found "another"/);
      expect((await factory.image(imageId)).DeprecationTime).toBeUndefined();
    });
  });

  describe('pin', () => {
    const pin = (imageId: string, dryRun = false) =>
      invoke({ command: 'pin', accountId: production, imageId, dryRun }) as Promise<PinResult>;
    const unpin = (dryRun = false) => invoke({ command: 'unpin', accountId: production, kind: 'manager', dryRun });

    test('holds one account on an image, whatever is shared, until it is taken away', async () => {
      const [older = '', newer = '', newest = ''] = await factory.buildInOrder('manager', 3);
      for (const imageId of [older, newer]) await share(imageId);

      await expect(pin(older, true)).resolves.toEqual({ accountId: production, kind: 'manager', pinned: older });
      expect(await latest(production)).toBe(newer);

      await expect(pin(older)).resolves.toEqual({
        accountId: production,
        kind: 'manager',
        pinned: older,
        pointer: { kind: 'manager', imageId: older, was: newer, moved: true, pinned: true },
      });
      await share(newest);
      await reconcile();
      expect([await latest(staging), await latest(production)]).toEqual([newest, older]);

      await unpin(true);
      expect(await latest(production)).toBe(older);
      await expect(unpin()).resolves.toMatchObject({ pointer: { imageId: newest, moved: true, pinned: false } });
      expect((await factory.view(production, '')).pointers).toEqual({ 'manager/latest': newest });
      await expect(unpin()).resolves.toMatchObject({ pointer: { imageId: newest, moved: false } });
    });

    test('of an image that is withdrawn later is left to the operator, and everybody is told', async () => {
      const [older = '', bad = ''] = await factory.buildInOrder('manager', 2);
      for (const imageId of [older, bad]) await share(imageId);
      await pin(bad);
      await expect(invoke({ command: 'withdraw', imageId: bad, reason: 'bad' })).rejects.toThrow(
        `${production}: the image is pinned here; unpin it`,
      );
      expect([await latest(staging), await latest(production)]).toEqual([older, bad]);
      await expect(reconcile()).rejects.toThrow(/still names it; unpin it/);
      await unpin();
      await expect(reconcile()).resolves.toMatchObject({ failures: [] });
    });

    test('of an image that is gone fails its account, and stops no other', async () => {
      const [older = '', newer = ''] = await factory.buildInOrder('manager', 2);
      await share(older);
      await pin(older);
      await factory.remove(older);
      await expect(share(newer)).rejects.toThrow(/333333333333: PinUnusableError: .*manager\/pinned of 333333333333/);
      expect([await latest(staging), await latest(production)]).toEqual([newer, older]);
    });

    test('takes only images that the account can launch', async () => {
      const imageId = await factory.build('manager');
      await expect(pin(imageId)).rejects.toThrow(/image is shared with 333333333333: found no launch permission/);
      await expect(pin('ami-00000000')).rejects.toThrow(/can't be seen in this account/);
      const ssm = await ssmOf(production);
      await expect(ssm.send(new DeleteParameterCommand({ Name: '/boundless/ami/manager/pinned' }))).rejects.toThrow();
    });
  });

  test.each<[what: string, command: object, reason: RegExp]>([
    ['unknown', { command: 'destroy' }, /command Invalid/],
    ['without an image', { command: 'withdraw', reason: 'bad' }, /imageId Invalid input/],
    ['with another field', { command: 'reconcile', dryrun: true }, /the command Unrecognized key: "dryrun"/],
    [
      'with a reason that is no tag',
      { command: 'withdraw', imageId: 'ami-12345678', reason: 'a\nb' },
      /reason is no reason/,
    ],
    ['for a stranger', { command: 'pin', accountId: former, imageId: 'ami-12345678' }, /none of the configured/],
    [
      'for no kind',
      { command: 'unpin', accountId: staging, kind: 'x' },
      /kind is no kind of image; use one of manager/,
    ],
  ])('a command that is %s is refused', async (_, command, reason) => {
    const refused = expect(invoke(command)).rejects;
    await refused.toMatchObject({ name: 'InvalidCommandError', permanent: true });
    await refused.toThrow(reason);
  });
});
