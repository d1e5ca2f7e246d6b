import { factory, type FactoryConfig } from '../../config';
import { brokerReleases } from '../../config/broker/releases';
import { atBoot, brokerTomlOf } from '../../config/broker/configuration';
import { releasesOf } from '../../config/broker/market';
import { settings } from '../../config/contract';
import { clusterSecrets, readsSecret, storageBucket } from '../../config/names';
import { generatedSecrets } from '../../cli/secrets/names';
import { answers, pythonPackages } from '../scripts/boot/python';
import { identityPolicy, listOf, policiesOf, type PolicyStatement } from '../support/policies';
import { resourcesOf, resourceWith, stackOf, synthesize, type SynthesizedStack } from '../support/synthesized';
import { describeWith } from '../support/tools';

const stacks = synthesize();
const environments = [
  ['staging', '222222222222'],
  ['production', '333333333333'],
] as const;
const [stagingConfig] = factory.environments;
if (stagingConfig === undefined) throw new Error('there is no environment');

type Changes = Partial<FactoryConfig['environments'][number]>;
/** A stack of staging with other values. */
function changed(stack: string, changes: Changes): SynthesizedStack {
  const environments = factory.environments.map((one) => (one === stagingConfig ? { ...one, ...changes } : one));
  return stackOf(synthesize({ factory: { ...factory, environments } }), stack);
}
const clusterWith = (changes: Changes) => changed('prover-cluster-staging', changes);
const accountWith = (changes: Changes) => changed('staging', changes);

const allowing = (statements: readonly PolicyStatement[], action: string) =>
  statements.filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes(action));

describe.each(environments)('%s', (environment, account) => {
  const accountStack = stackOf(stacks, environment);
  const path = `/boundless/${environment}/prover-cluster`;
  const role = (name: string) => `arn:aws:iam::${account}:role/${name}`;
  const deployment = [
    'boundless-deployment-role',
    'boundless-deployment-network',
    'boundless-deployment-groups',
    'boundless-deployment-data',
    'boundless-deployment-alarms',
  ].flatMap((name) => identityPolicy(accountStack, name));

  test('secrets have the names that instances ask for, the key of the accountStack, and a time to be restored', () => {
    expect(resourcesOf(accountStack, 'aws_secretsmanager_secret').map(({ name }) => name)).toEqual(
      [...clusterSecrets].sort().map((name) => `${path}/${name}`),
    );
    for (const secret of resourcesOf(accountStack, 'aws_secretsmanager_secret'))
      expect(secret).toMatchObject({
        kms_key_id: expect.stringMatching(/^\$\{aws_kms_key\.Key_\w+\.arn\}$/) as unknown,
        recovery_window_in_days: 30,
      });
  });

  test('a secret denies its value to everybody but those who need it, and the administrators', () => {
    const administrators = [
      'aws-reserved/sso.amazonaws.com/*AWSReservedSSO_AdministratorAccess_*',
      'OrganizationAccountAccessRole',
    ];
    const others = (...names: string[]) => ({
      ArnNotLike: { 'aws:PrincipalArn': [`arn:aws:iam::${account}:root`, ...[...names, ...administrators].map(role)] },
    });
    for (const name of clusterSecrets) {
      const found = Object.entries(accountStack.resource['aws_secretsmanager_secret_policy'] ?? {}).find(([id]) =>
        id.startsWith(`Data_Secrets_${name}-policy_`),
      )?.[1];
      expect(found).toMatchObject({ block_public_policy: true });
      const { Statement } = JSON.parse(String(found?.['policy'])) as { Statement: PolicyStatement[] };
      const readers = (['manager', 'prover'] as const).filter((one) => readsSecret(one, name));
      const rotation = name === 'storage' ? [`prover-cluster-${environment}-storage-keys-role`] : [];
      expect(Statement).toMatchObject([
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: 'secretsmanager:GetSecretValue',
          Condition: others(...readers.map((one) => `prover-cluster-${environment}-${one}-role`), ...rotation),
        },
        {
          Effect: 'Deny',
          Principal: { AWS: '*' },
          Action: [
            'secretsmanager:PutSecretValue',
            'secretsmanager:UpdateSecret',
            'secretsmanager:UpdateSecretVersionStage',
          ],
          Condition: others(...rotation),
        },
      ]);
    }
  });

  test('pipelines read no value, and make no key', () => {
    const plan = identityPolicy(accountStack, 'boundless-plan-role');
    for (const statements of [plan, deployment])
      for (const action of [
        'secretsmanager:GetSecretValue',
        'secretsmanager:BatchGetSecretValue',
        'iam:CreateAccessKey',
      ])
        expect(allowing(statements, action)).toEqual([]);
    expect(allowing(plan, 'kms:Decrypt')).toEqual([]);
  });

  test('pipelines are denied every value by their own policies too', () => {
    for (const statements of [identityPolicy(accountStack, 'boundless-plan-role'), deployment])
      expect(statements.filter(({ Effect }) => Effect === 'Deny')).toContainEqual({
        Sid: 'DenySecretRead',
        Effect: 'Deny',
        Action: ['secretsmanager:BatchGetSecretValue', 'secretsmanager:GetSecretValue'],
        Resource: '*',
      });
  });

  test('passwords are the values that the stack makes up', () => {
    expect(clusterSecrets.filter((name) => name.endsWith('-password'))).toEqual([...generatedSecrets]);
  });

  test('the boundaries hold all that is granted, and carry', () => {
    const userPolicy = identityPolicy(accountStack, `prover-cluster-${environment}-storage`);
    const within = (granted: readonly PolicyStatement[], most: readonly PolicyStatement[]) => {
      for (const statement of granted)
        for (const action of listOf(statement.Action))
          expect({ action, within: allowing(most, action).map(({ Sid }) => Sid) }).toEqual({
            action,
            within: [statement.Sid],
          });
    };
    within(userPolicy, identityPolicy(accountStack, 'prover-cluster-storage-boundary'));
    within(
      identityPolicy(accountStack, `prover-cluster-${environment}-storage-keys-role`),
      identityPolicy(accountStack, 'prover-cluster-storage-keys-boundary'),
    );
    expect(resourcesOf(accountStack, 'aws_iam_user')).toMatchObject([
      {
        permissions_boundary: expect.stringMatching(
          /^\$\{aws_iam_policy\.StorageBoundaries_User_\w+\.arn\}$/,
        ) as string,
      },
    ]);
    expect(
      resourceWith(accountStack, 'aws_iam_role', 'name', `prover-cluster-${environment}-storage-keys-role`),
    ).toMatchObject({
      permissions_boundary: expect.stringMatching(/^\$\{aws_iam_policy\.StorageBoundaries_Keys_\w+\.arn\}$/) as string,
    });
  });

  test('the user has its bucket and nothing else', () => {
    const bucket = `arn:aws:s3:::prover-cluster-${environment}-${account}-us-west-2`;
    expect(identityPolicy(accountStack, `prover-cluster-${environment}-storage`)).toEqual([
      { Sid: 'ListBucket', Effect: 'Allow', Action: 's3:ListBucket', Resource: bucket },
      {
        Sid: 'ReadWriteObjects',
        Effect: 'Allow',
        Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:PutObject'],
        Resource: `${bucket}/*`,
      },
    ]);
    expect(resourcesOf(accountStack, 'aws_iam_access_key')).toEqual([]);
  });

  test('the bucket is encrypted, private, spoken to by TLS, and stays', () => {
    expect(resourcesOf(accountStack, 'aws_s3_bucket')).toMatchObject([
      {
        bucket: `prover-cluster-${environment}-${account}-us-west-2`,
        lifecycle: { prevent_destroy: true },
        force_destroy: false,
      },
    ]);
    expect(resourcesOf(accountStack, 'aws_s3_bucket_public_access_block')).toMatchObject([
      { block_public_acls: true, block_public_policy: true, ignore_public_acls: true, restrict_public_buckets: true },
    ]);
    expect(resourcesOf(accountStack, 'aws_s3_bucket_server_side_encryption_configuration')).toMatchObject([
      { rule: [{ apply_server_side_encryption_by_default: { sse_algorithm: 'AES256' } }] },
    ]);
    expect(resourcesOf(accountStack, 'aws_s3_bucket_ownership_controls')).toMatchObject([
      { rule: { object_ownership: 'BucketOwnerEnforced' } },
    ]);
    const policy = policiesOf(accountStack).filter(({ owner }) => owner.includes('Data_Storage_Policy'));
    expect(policy.flatMap(({ statements }) => statements)).toMatchObject([
      { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
    ]);
  });

  test('the key is made at once and rotated, when all that it takes is there', () => {
    expect(resourcesOf(accountStack, 'aws_secretsmanager_secret_rotation')).toMatchObject([
      {
        rotate_immediately: true,
        rotation_rules: { automatically_after_days: 30 },
        depends_on: [
          expect.stringMatching(/^aws_lambda_permission\./),
          expect.stringMatching(/^aws_iam_role_policy\.Data_StorageKeys_/),
          expect.stringMatching(/^aws_s3_bucket_policy\./),
          expect.stringMatching(/^aws_iam_user_policy\./),
        ],
      },
    ]);
    const secret: unknown = expect.stringMatching(/^\$\{aws_secretsmanager_secret\.Data_Secrets_storage_\w+\.arn\}$/);
    expect(resourcesOf(accountStack, 'aws_lambda_permission')).toMatchObject([
      { principal: 'secretsmanager.amazonaws.com', source_account: account },
    ]);
    expect(
      resourceWith(accountStack, 'aws_lambda_function', 'function_name', 'prover-cluster-storage-keys')['environment'],
    ).toMatchObject({ variables: { STORAGE_SECRET_ARN: secret } });
  });
});

test('a bucket has a name that S3 takes, however long the rest is', () => {
  expect(storageBucket('e'.repeat(20), '123456789012', 'ap-southeast-1').length).toBeLessThanOrEqual(63);
});

describe('the lifecycle of the bucket', () => {
  interface Rule {
    readonly filter: readonly [{ readonly prefix: string }];
    readonly expiration?: readonly [{ readonly days: number }];
    readonly abort_incomplete_multipart_upload?: readonly [{ readonly days_after_initiation: number }];
  }
  const cluster = accountWith({ storage: { ...stagingConfig.storage, keyRotationDays: 7, inputDays: 2, workDays: 9 } });
  const [lifecycle] = resourcesOf(cluster, 'aws_s3_bucket_lifecycle_configuration');
  const rules = lifecycle?.['rule'] as readonly Rule[];
  /** Days after which S3 deletes an object: a prefix is the start of a key, and the shortest time holds. */
  const deletedAfter = (key: string): number | undefined =>
    rules
      .filter(({ filter: [{ prefix }] }) => key.startsWith(prefix))
      .flatMap(({ expiration }) => expiration?.map(({ days }) => days) ?? [])
      .sort((one, other) => one - other)[0];

  /** Every key that Bento v1.0.0 to v1.2.2 writes (`crates/api/src/lib.rs` and `crates/workflow/src/tasks` upstream). */
  const job = '6b8e1f0a-2c3d-4e5f-8a9b-0c1d2e3f4a5b';
  test.each<[key: string, days: number | undefined]>([
    [`inputs/${job}`, 2],
    [`receipts/stark/${job}.bincode`, 9],
    [`receipts/groth16/${job}.bincode`, 9],
    [`receipts/blake3_groth16/${job}.bincode`, 9],
    [`preflight_journals/${job}.bin`, 9],
    [`exec_logs/${job}.log`, 9],
    // The broker uploads these once, when it starts: without them each aggregation fails.
    ['elfs/d4ba4b7e4ae30cb6ba0a2d7d32a2b2d1c5b6d2a1e2f3a4b5c6d7e8f9a0b1c2d3', undefined],
    // Rewards that wait to be claimed, with what belongs to them.
    [`work_receipts/${job}.bincode`, undefined],
    [`work_receipts/${job}_metadata.json`, undefined],
    [`work_receipts/${job}_povw.bincode`, undefined],
    // Whatever a later release adds.
    [`assets/${job}`, undefined],
  ])('%s goes after %p days', (key, days) => {
    expect(deletedAfter(key)).toBe(days);
  });

  test('deletes parts of uploads that never ended, whatever their key', () => {
    expect(rules.filter(({ abort_incomplete_multipart_upload: abort }) => abort !== undefined)).toMatchObject([
      { filter: [{ prefix: '' }], abort_incomplete_multipart_upload: [{ days_after_initiation: 1 }] },
    ]);
  });
});

test('the key of the storage rotates as often as configured', () => {
  const stack = accountWith({ storage: { ...stagingConfig.storage, keyRotationDays: 7 } });
  expect(resourcesOf(stack, 'aws_secretsmanager_secret_rotation')).toMatchObject([
    { rotation_rules: { automatically_after_days: 7 } },
  ]);
});

test.each([
  ['v1.1.1', true],
  ['v1.1.2', false],
] as const)('images from %s on call CreateBucket: %s', (from, isAllowed) => {
  const changes = { broker: { ...stagingConfig.broker, releases: { from, to: 'v1.2.2' } } } as const;
  const cluster = clusterWith(changes);
  const bucket = 'arn:aws:s3:::prover-cluster-staging-222222222222-us-west-2';
  const statements = identityPolicy(accountWith(changes), 'prover-cluster-staging-storage');
  expect(allowing(statements, 's3:CreateBucket').map(({ Resource }) => Resource)).toEqual(isAllowed ? [bucket] : []);
  // On its way through the endpoint: that policy counts as well, and for no other bucket.
  const gateways = resourcesOf(cluster, 'aws_vpc_endpoint').filter((one) => one['vpc_endpoint_type'] === 'Gateway');
  const { Statement } = JSON.parse(String(gateways[0]?.['policy'])) as { Statement: PolicyStatement[] };
  expect(gateways).toHaveLength(1);
  expect(allowing(Statement, 's3:CreateBucket')).toEqual(
    isAllowed
      ? [
          {
            Sid: 'CreateBucketAtStart',
            Effect: 'Allow',
            Principal: { AWS: '*' },
            Action: 's3:CreateBucket',
            Resource: bucket,
            Condition: { StringEquals: { 'aws:SourceVpc': expect.stringMatching(/^\$\{aws_vpc\./) as unknown } },
          },
        ]
      : [],
  );
});

test('what the user of the storage may do with its bucket passes the endpoint, for every release', () => {
  for (const from of brokerReleases) {
    const changes = { broker: { ...stagingConfig.broker, releases: { from: `v${from}`, to: 'v1.2.2' } } } as const;
    const cluster = clusterWith(changes);
    const [gateway] = resourcesOf(cluster, 'aws_vpc_endpoint').filter((one) => one['vpc_endpoint_type'] === 'Gateway');
    const { Statement } = JSON.parse(String(gateway?.['policy'])) as { Statement: PolicyStatement[] };
    const actions = identityPolicy(accountWith(changes), 'prover-cluster-staging-storage').flatMap(({ Action }) =>
      listOf(Action),
    );
    expect(actions.filter((action) => allowing(Statement, action).length === 0)).toEqual([]);
  }
});

test('passwords are ephemeral, and written again only with their version', () => {
  const cluster = accountWith({ secrets: { passwordVersions: { database: 3, valkey: 1 }, recoveryDays: 7 } });
  const versions = Object.entries(cluster.resource['aws_secretsmanager_secret_version'] ?? {});
  expect(versions.map(([, { secret_string_wo_version }]) => secret_string_wo_version)).toEqual([3, 1]);
  for (const [id, { secret_string, secret_string_wo }] of versions) {
    expect(secret_string).toBeUndefined();
    expect(secret_string_wo).toBe(`\${ephemeral.aws_secretsmanager_random_password.${id}.random_password}`);
    expect(cluster.ephemeral?.['aws_secretsmanager_random_password']?.[id]).toEqual({
      password_length: 48,
      exclude_punctuation: true,
      require_each_included_type: true,
    });
  }
  expect(resourcesOf(cluster, 'aws_secretsmanager_secret')[0]).toMatchObject({ recovery_window_in_days: 7 });
});

test('the provider is one that does not read back what it wrote', () => {
  const { required_providers: providers } = stackOf(stacks, 'staging').terraform as unknown as {
    required_providers: { aws: { version: string } };
  };
  const [major = 0, minor = 0] = providers.aws.version.split('.').map(Number);
  expect([major, minor >= 50]).toEqual([6, true]);
});

describeWith(pythonPackages, 'the parameters', () => {
  const someone = '0x0123456789abcdef0123456789abcdef01234567';
  const parameter = (cluster: SynthesizedStack, name: string) =>
    resourceWith(cluster, 'aws_ssm_parameter', 'name', `/boundless/staging/prover-cluster/${name}`);
  /** As Terraform fills it in. */
  const settingsOf = (cluster: SynthesizedStack) =>
    String(parameter(cluster, 'settings')['insecure_value']).replace(
      '${aws_ebs_volume.data_volume.id}',
      'vol-0123456789abcdef0',
    );
  const parse = async (...texts: string[]) =>
    (
      await answers(
        'from bento_boot.settings import parse_settings\ndef answer(given):\n    return vars(parse_settings(given, "p"))',
        texts,
      )
    ).answers;

  test('are what the boot takes', async () => {
    const unknownChain = clusterWith({
      bento: {
        segmentPo2: 20,
        snarkTimeoutSeconds: 600,
        logLevel: 'info,broker=debug',
        executors: 6,
        povwLogId: '0x12ab',
        deployment: {
          chainId: settings.chainId.most,
          boundlessMarketAddress: someone,
          setVerifierAddress: someone,
          verifierRouterAddress: null,
          collateralTokenAddress: someone,
        },
      },
    });
    expect(await parse(settingsOf(stackOf(stacks, 'prover-cluster-staging')), settingsOf(unknownChain))).toEqual([
      {
        value: {
          manager_address: '10.20.0.10',
          bucket: 'prover-cluster-staging-222222222222-us-west-2',
          data_volume_id: 'vol-0123456789abcdef0',
          segment_po2: 21,
          snark_timeout_s: 180,
          log_level: 'info',
          povw_log_id: null,
          executors: null,
          chain_id: null,
          deployment: {},
        },
      },
      {
        value: expect.objectContaining({
          segment_po2: 20,
          snark_timeout_s: 600,
          log_level: 'info,broker=debug',
          povw_log_id: '0x12ab',
          executors: 6,
          chain_id: 2 ** 53 - 1,
          deployment: {
            BOUNDLESS_MARKET_ADDRESS: someone,
            SET_VERIFIER_ADDRESS: someone,
            COLLATERAL_TOKEN_ADDRESS: someone,
          },
        }) as unknown,
      },
    ]);
  });

  test.each(factory.environments)(
    'of $environment: each release finds the broker.toml that was checked for it',
    async ({ environment, broker }) => {
      const { insecure_value: value } = resourceWith(
        stackOf(stacks, `prover-cluster-${environment}`),
        'aws_ssm_parameter',
        'name',
        `/boundless/${environment}/prover-cluster/broker-configuration`,
      );
      const releases = releasesOf(broker.releases);
      const { answers: found } = await answers(
        `from bento_boot import broker_toml
def answer(given):
    return broker_toml.with_preflights(broker_toml.of_release(given[0], "p", given[1]), 4)`,
        releases.map((release) => [value, `v${release}`]),
      );
      expect(releases.length).toBeGreaterThan(0);
      expect(found).toEqual(releases.map((release) => ({ value: atBoot(brokerTomlOf(broker, release), 4) })));
    },
  );

  test('a chain id that JSON does not hold exactly is refused', async () => {
    const text = settingsOf(stackOf(stacks, 'prover-cluster-staging'));
    const deployment = { boundlessMarketAddress: someone, setVerifierAddress: someone };
    const given = { ...(JSON.parse(text) as object), deployment, chainId: settings.chainId.most + 1 };
    expect(await parse(JSON.stringify(given))).toEqual([
      { refused: expect.stringContaining('chainId is 9007199254740992; write a whole number from 1 to') as unknown },
    ]);
  });

  test('fit into the standard tier, and are shown in plans', () => {
    for (const { name, tier, type, insecure_value, value } of resourcesOf(
      stackOf(stacks, 'prover-cluster-staging'),
      'aws_ssm_parameter',
    )) {
      expect({ name, tier, type, value }).toEqual({ name, tier: 'Standard', type: 'String', value: undefined });
      expect(Buffer.byteLength(String(insecure_value))).toBeLessThan(4096);
    }
  });
});
