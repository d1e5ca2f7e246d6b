import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  DeleteObjectCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { stateBucket, type InstanceRole } from '../../../config/names';
import type { Access } from '../../../cli/delivery/access';
import { applyPlan, type ApplyPlanProps } from '../../../cli/delivery/plan/apply';
import { makePlan, type MadePlan } from '../../../cli/delivery/plan/make';
import { recordText, sha256, type PlanRecord } from '../../../cli/delivery/plan/record';
import { temporaryFolder } from '../../scripts/support';
import { synthesize } from '../../support/synthesized';
import { describeWith, localAws } from '../../support/tools';
import { production, staging, startAccounts, type Accounts } from './support/accounts';
import { allows, recordS3 } from './support/s3-recorder';
import { writeLightStack } from './support/stacks';

jest.setTimeout(120_000);

const stacks = synthesize();
const commit = 'c0ffee0000000000000000000000000000000000';
const Bucket = stateBucket(production.accountId, production.region);
const Key = 'prover-cluster-production.tfstate';
type Ids = Readonly<Record<InstanceRole, string>>;

describeWith(['terraform', localAws], 'a saved plan', () => {
  const folder = temporaryFolder();
  const at = (...names: string[]) => path.join(folder, ...names);
  let accounts: Accounts;
  let access: Access;
  let s3: S3Client;
  let [older, newer]: [Ids, Ids] = [
    { manager: '', prover: '' },
    { manager: '', prover: '' },
  ];
  let output = '';
  const onOutput = (text: string) => void (output += text);

  beforeAll(async () => {
    accounts = await startAccounts();
    const environment = await accounts.aws.environment(production.accountId);
    access = { client: accounts.production, environment, initArguments: ['-backend-config=use_path_style=true'] };
    s3 = new S3Client({ ...accounts.production, forcePathStyle: true });
    const CreateBucketConfiguration = { LocationConstraint: production.region as 'us-west-2' };
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration }));
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }));
    const both = async (version: string) => ({
      manager: await accounts.share('manager', version),
      prover: await accounts.share('prover', version),
    });
    [older, newer] = [await both('v1.2.1'), await both('v1.2.2')];
    writeLightStack(at('stack'), stacks, production);
    const breaks = { provisioner: [{ 'local-exec': { command: 'false' } }], input: '${terraform_data.manager.id}' };
    writeLightStack(at('breaking'), stacks, production, { breaks });
  }, 60_000);
  afterAll(() => accounts.aws.stop());
  beforeEach(() => {
    output = '';
  });

  const plan = (images: Ids, changes: { stack?: string; folder?: string } = {}): Promise<MadePlan> =>
    makePlan({
      account: production,
      access,
      images,
      remarks: [],
      commit,
      build: 'a-build',
      stackDirectory: at(changes.stack ?? 'stack'),
      folder: at(changes.folder ?? 'plan'),
      workDirectory: at('work'),
      onOutput,
    });
  const apply = ({ sha256: planSha256 }: { sha256: string }, changes: Partial<ApplyPlanProps> = {}) =>
    applyPlan({
      account: production,
      access,
      folder: at('plan'),
      planSha256,
      commit,
      images: {},
      maxAgeHours: 24,
      dryRun: false,
      workDirectory: at('work'),
      onOutput,
      ...changes,
    });
  const state = async () => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    const text = (await Body?.transformToString()) ?? '';
    const { serial, outputs } = JSON.parse(text) as { serial: number; outputs: Record<string, { value: string }> };
    return { text, serial, manager: outputs['manager_image_id']?.value };
  };

  test('is applied as it was approved; a repetition reports that it is applied', async () => {
    const made = await plan(older);
    expect(made.record).toMatchObject({ state: null, images: older, commit, accountId: production.accountId });
    expect(made.summary.headline).toMatch(
      /^prover-cluster-production: 2 to create, 0 to update, 0 to replace, 0 to dest/,
    );
    expect(await apply(made, { dryRun: true })).toMatchObject({ outcome: 'would be applied' });
    expect(await apply(made)).toMatchObject({ outcome: 'applied' });
    const { serial, manager } = await state();
    expect(manager).toBe(older.manager);
    expect(await apply(made)).toMatchObject({ outcome: 'already applied' });
    // Also when the stage is repeated days later: nothing is applied any more.
    expect(await apply(made, { maxAgeHours: 0 })).toMatchObject({ outcome: 'already applied' });
    expect((await state()).serial).toBe(serial);
  });

  describe('of a cluster that is there', () => {
    let made: MadePlan;
    let before: Awaited<ReturnType<typeof state>>;
    beforeAll(async () => {
      made = await plan(newer);
      cpSync(at('plan'), at('kept'), { recursive: true });
      before = await state();
    });
    beforeEach(() => {
      rmSync(at('plan'), { recursive: true });
      cpSync(at('kept'), at('plan'), { recursive: true });
    });
    afterEach(async () => {
      // Whatever was refused: nothing has changed, and Terraform was not asked to.
      expect((await state()).text).toBe(before.text);
      expect(output).not.toContain('Apply complete');
    });

    const refused = async (changes: Partial<ApplyPlanProps> & { sha256?: string } = {}): Promise<string> => {
      const { sha256: hash = made.sha256, ...rest } = changes;
      return apply({ sha256: hash }, rest).then(
        ({ outcome }) => `it was ${outcome}`,
        (error: unknown) => String(error),
      );
    };
    /** Changes the record, and gives its new SHA-256: what an approval of a wrong plan would have approved. */
    const rewrite = (change: (record: PlanRecord) => PlanRecord): string => {
      const text = recordText(change(made.record));
      writeFileSync(at('plan', 'plan.json'), text);
      return sha256(text);
    };

    test('it may be applied', async () => {
      expect(await refused({ dryRun: true })).toBe('it was would be applied');
    });

    test('another one was approved', async () => {
      const other = 'a'.repeat(64);
      expect(await refused({ sha256: other })).toBe(
        `DeliveryRefusedError: The saved plan is not applied, and nothing was changed:\n  - SHA-256: ${other} was approved, ` +
          `but the record of this plan has ${made.sha256}\nPlan again: start the pipeline again, and approve its plan.`,
      );
    });

    test.each([
      ['the plan was edited', 'plan.tfplan', 'plan.tfplan: was changed after the plan was made'],
      ['the stack was edited', 'stack/cdk.tf.json', 'stack/cdk.tf.json: was changed after the plan was made'],
      ['a file was added', 'stack/more.tf.json', 'stack/more.tf.json: is not of this plan'],
      ['the record was edited', 'plan.json', `was approved, but the record of this plan has`],
    ])('%s', async (_, file, difference) => {
      const text = file.endsWith('more.tf.json') ? '{}' : `${readFileSync(at('plan', file), 'latin1')} `;
      writeFileSync(at('plan', file), text, 'latin1');
      expect(await refused()).toContain(difference);
    });

    test.each([
      [
        'an empty folder',
        () => {
          mkdirSync(at('plan', 'stack', 'modules'));
        },
        'stack/modules: is a folder that is not of this',
      ],
      [
        'a link to a folder',
        () => {
          symlinkSync('/etc', at('plan', 'stack', 'etc'));
        },
        'has entries that are neither files nor folders, such as links:\n  - stack/etc',
      ],
      [
        'a link to a file of the same content',
        () => {
          cpSync(at('plan', 'summary.md'), at('same.md'));
          rmSync(at('plan', 'summary.md'));
          symlinkSync(at('same.md'), at('plan', 'summary.md'));
        },
        'such as links:\n  - summary.md',
      ],
    ])('%s was added', async (_, change, difference) => {
      change();
      expect(await refused()).toContain(difference);
    });

    test.each([
      ['plan.tfplan', 'plan.tfplan: is missing'],
      ['stack', 'stack/cdk.tf.json: is missing'],
      ['plan.json', 'There is no saved plan in'],
    ])('%s is missing', async (file, difference) => {
      rmSync(at('plan', file), { recursive: true });
      expect(await refused()).toContain(difference);
    });

    test.each(['no JSON', '{"format":2}'])('the record is %s', async (text) => {
      writeFileSync(at('plan', 'plan.json'), text);
      expect(await refused()).toMatch(/plan\.json is not (JSON|the record of a plan).*Plan again\.$/s);
    });

    test('it is of another commit', async () => {
      expect(await refused({ commit: 'd'.repeat(40) })).toContain(
        `commit: the plan has ${commit}, here it is ${'d'.repeat(40)}`,
      );
    });

    test('it is of another stack and account: the error lists all that differs', async () => {
      const message = await refused({ account: staging });
      for (const line of [
        'stack: the plan has prover-cluster-production, here it is prover-cluster-staging',
        'environment: the plan has production, here it is staging',
        `account: the plan has ${production.accountId}, here it is ${staging.accountId}`,
      ])
        expect(message).toContain(`\n  - ${line}`);
    });

    test('it has other images than the build was started for', async () => {
      expect(await refused({ images: older })).toContain(
        `image of the manager: the plan has ${newer.manager}, here it is ${older.manager}`,
      );
    });

    test('another Terraform made it', async () => {
      const hash = rewrite((record) => ({ ...record, terraformVersion: '1.11.0' }));
      expect(await refused({ sha256: hash })).toMatch(/Terraform: the plan has 1\.11\.0, here it is \d/);
    });

    test('it is too old', async () => {
      const createdAt = new Date(Date.now() - 25 * 3_600_000).toISOString();
      const hash = rewrite((record) => ({ ...record, createdAt }));
      expect(await refused({ sha256: hash })).toContain(
        `age: the plan is of ${createdAt}, 25.0 hours ago; 24 are allowed (PLAN_MAX_AGE_HOURS)`,
      );
      expect(await refused({ sha256: hash, maxAgeHours: 26, dryRun: true })).toBe('it was would be applied');
    });

    test('it is of a time to come', async () => {
      const createdAt = new Date(Date.now() + 3_600_000).toISOString();
      expect(await refused({ sha256: rewrite((record) => ({ ...record, createdAt })) })).toContain('still to come');
    });

    /** Puts the state back as it was, with its version id, as if nothing had been written since. */
    const putBack = async () => {
      const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
      for (const { Key: name, VersionId, IsLatest } of Versions)
        if (name === Key && IsLatest === true) await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    };
    test.each([
      ['went back', { serial: 0 }],
      ['is another', { lineage: '00000000-0000-0000-0000-000000000000' }],
      ['was edited, and kept its serial', { check_results: [] }],
      ['was written again as it was', {}],
    ])('the state %s', async (_, change) => {
      const text = JSON.stringify({ ...(JSON.parse(before.text) as object), ...change });
      const Body = Object.keys(change).length > 0 ? text : before.text;
      await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
      try {
        expect(await refused()).toMatch(/state: the plan is made from serial \d+ of .*, and there is serial/);
      } finally {
        await putBack();
      }
    });

    test('the state is no state', async () => {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: '{}' }));
      try {
        // Terraform itself reads it first.
        expect(await refused()).toMatch(/is not a Terraform state|terraform init/);
      } finally {
        await putBack();
      }
    });

    test('the credentials are of another account', async () => {
      const environment = await accounts.aws.environment(staging.accountId);
      expect(await refused({ access: { ...access, environment } })).toMatch(/`terraform init` ended with 1/);
      expect(output).toContain(`AWS account ID not allowed: ${staging.accountId}`);
    });
  });

  test('takes no right to the state that the roles do not have', async () => {
    const recorder = await recordS3(accounts.aws.endpoint);
    const recorded = { ...access, environment: { ...access.environment, AWS_ENDPOINT_URL_S3: recorder.endpoint } };
    const denied = (role: string) => recorder.take().filter((call) => !allows(stacks, 'production', role, call));
    const asked = { account: production, workDirectory: at('work'), commit, onOutput };
    try {
      const made = await makePlan({
        ...asked,
        access: recorded,
        images: newer,
        remarks: [],
        build: 'a-build',
        stackDirectory: at('stack'),
        folder: at('recorded'),
      });
      expect(recorder.calls.map(({ action }) => action)).toContain('s3:ListBucket');
      expect(denied('boundless-plan-role')).toEqual([]);
      await apply(made, { access: recorded, folder: at('recorded') });
      await apply(made, { access: recorded, folder: at('recorded') });
      // What the plan role may not do.
      expect(
        recorder.calls.filter((call) => !allows(stacks, 'production', 'boundless-plan-role', call)),
      ).toContainEqual(expect.objectContaining({ action: 's3:PutObject', resource: `arn:aws:s3:::${Bucket}/${Key}` }));
      expect(denied('boundless-deployment-role')).toEqual([]);
    } finally {
      recorder.close();
    }
  });

  test('is refused where the state was restored, and applied again up to the same serial', async () => {
    const made = await plan(newer);
    const { state: planned } = made.record;
    const restored = (await state()).text;
    await apply(await plan(older, { folder: 'forked' }), { folder: at('forked') });
    // An older state is restored by hand, and applied again until its serial is that of the plan.
    const { serial } = JSON.parse(restored) as { serial: number };
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key,
        Body: JSON.stringify({ ...(JSON.parse((await state()).text) as object), serial }),
      }),
    );
    expect((await state()).serial).toBe(planned!.serial);
    await expect(apply(made)).rejects.toThrow('state: the plan is made from serial');
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: restored }));
  });

  test('is applied as it was checked, whatever becomes of the received folder', async () => {
    const other = await plan(older, { folder: 'other' });
    const made = await plan(newer, { folder: 'swapped' });
    expect(other.record.images).toEqual(older);
    let swaps = 0;
    const swap = (text: string) => {
      if (!text.includes('Initializing') || swaps > 0) return;
      swaps += 1;
      cpSync(at('other', 'plan.tfplan'), at('swapped', 'plan.tfplan'));
    };
    expect(await apply(made, { folder: at('swapped'), onOutput: swap })).toMatchObject({ outcome: 'applied' });
    expect(swaps).toBe(1);
    expect((await state()).manager).toBe(newer.manager);
  });

  test('is refused where another plan was applied since', async () => {
    const made = await plan(newer);
    await apply(await plan(older, { folder: 'other', stack: 'breaking' }), { folder: at('other') }).catch(
      () => undefined,
    );
    const { serial } = await state();
    await expect(apply(made)).rejects.toThrow(
      new RegExp(
        `state: the plan is made from serial ${made.record.state!.serial} of .*, and there is serial ${serial} of`,
      ),
    );
    expect((await state()).manager).toBe(older.manager);
  });

  test('that breaks off leaves its state, and is not tried again', async () => {
    const made = await plan(newer, { stack: 'breaking' });
    await expect(apply(made)).rejects.toThrow(
      /Terraform stopped in the middle of the plan; .* so this plan can not be used again: .*then plan again/,
    );
    await expect(apply(made)).rejects.toThrow(/state: the plan is made from serial/);
    // The next plan shows what is left, and only that.
    const rest = await plan(newer);
    expect(rest.summary.headline).not.toContain('2 to update');
    expect(await apply(rest)).toMatchObject({ outcome: 'applied' });
    expect((await state()).manager).toBe(newer.manager);
  });
});
