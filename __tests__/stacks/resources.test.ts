import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { serviceLinkedServices } from '../../config/names';
import { listOf, policiesOf, type PolicyStatement } from '../support/policies';
import { allResources, resourceWith, resourcesOf, stackOf, synthesize } from '../support/synthesized';

const stacks = synthesize();
const ops = stackOf(stacks, 'ops');
const clusters = [stackOf(stacks, 'prover-cluster-staging'), stackOf(stacks, 'prover-cluster-production')];
const everything = [...stacks.values()].flatMap(allResources);
/** A reference to the ARN of a resource; the hash in its address changes with its construct path. */
const reference = (address: string): unknown =>
  expect.stringMatching(new RegExp(`^\\$\\{${address.replace('.', '\\.')}_[0-9A-F]{8}\\.arn\\}$`));
const ofType = (type: string) => everything.filter((resource) => resource.type === type);

describe('encryption', () => {
  test('keys rotate and cannot be destroyed', () => {
    expect(ofType('aws_kms_key')).toHaveLength(4);
    for (const { args } of ofType('aws_kms_key'))
      expect(args).toMatchObject({
        enable_key_rotation: true,
        deletion_window_in_days: 30,
        lifecycle: { prevent_destroy: true },
      });
  });

  test.each(['staging', 'production'])("%s: root volumes have the cluster's key, not the account's default", (name) => {
    const cluster = stackOf(stacks, `prover-cluster-${name}`);
    const templates = resourcesOf(cluster, 'aws_launch_template');
    expect(cluster.data?.['aws_kms_key']?.['ClusterKey']).toMatchObject({
      key_id: `alias/boundless-prover-cluster-${name}`,
    });
    expect(templates).toHaveLength(2);
    for (const template of templates)
      expect(template['block_device_mappings']).toMatchObject([
        { ebs: { encrypted: 'true', kms_key_id: '${data.aws_kms_key.ClusterKey.arn}' } },
      ]);
  });

  test.each([
    ['staging', '222222222222'],
    ['production', '333333333333'],
  ])('%s: what launches instances may use the key of their root volumes, and grant it to them', (name, account) => {
    const [key] = resourcesOf(stackOf(stacks, name), 'aws_kms_key');
    const { Statement } = JSON.parse(String(key?.['policy'])) as { Statement: PolicyStatement[] };
    // Both are made by `make bootstrap`: KMS refuses a policy that names a role which is not there.
    const launching = Object.entries(serviceLinkedServices.serviceAccount).map(
      ([role, service]) => `arn:aws:iam::${account}:role/aws-service-role/${service}/${role}`,
    );
    // Amazon EC2 Auto Scaling User Guide, "Required AWS KMS key policy for use with encrypted volumes".
    expect(
      Statement.filter(({ Principal }) => listOf(Principal?.['AWS']).some((one) => launching.includes(one))),
    ).toEqual([
      {
        Sid: 'RootVolumes',
        Effect: 'Allow',
        Principal: { AWS: launching },
        Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
        Resource: '*',
      },
      {
        Sid: 'GrantsToRootVolumes',
        Effect: 'Allow',
        Principal: { AWS: launching },
        Action: 'kms:CreateGrant',
        Resource: '*',
        Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
      },
    ]);
  });

  test.each([
    ['aws_cloudwatch_log_group', 'kms_key_id'],
    ['aws_sns_topic', 'kms_master_key_id'],
    ['aws_sqs_queue', 'kms_master_key_id'],
    ['aws_codebuild_project', 'encryption_key'],
  ])('%s names its key', (type, argument) => {
    expect(ofType(type).length).toBeGreaterThan(0);
    for (const { args } of ofType(type))
      expect(args[argument]).toMatch(/^\$\{(aws_kms_key\.(Operations)?Key_\w+|data\.aws_kms_key\.ClusterKey)\.arn\}$/);
  });

  test('volumes of instances are encrypted gp3', () => {
    expect(ofType('aws_launch_template')).toHaveLength(4);
    for (const { args } of ofType('aws_launch_template'))
      expect(args['block_device_mappings']).toMatchObject([
        { device_name: '/dev/sda1', ebs: { encrypted: 'true', volume_type: 'gp3' } },
      ]);
  });

  test('builders get the image key even where nobody asks for it', () => {
    expect(resourcesOf(ops, 'aws_ebs_encryption_by_default')).toMatchObject([{ enabled: true }]);
    expect(resourcesOf(ops, 'aws_ebs_default_kms_key')).toMatchObject([{ key_arn: reference('aws_kms_key.ImageKey') }]);
  });
});

describe('network', () => {
  test('nothing may come in from outside', () => {
    const ingress = ofType('aws_vpc_security_group_ingress_rule');
    expect(ingress).toHaveLength(7);
    const [endpoints, ...others] = ingress.filter(({ id }) => id.startsWith('Network_Endpoints_'));
    expect(others).toEqual([]);
    // From the network itself, to AWS services that stand in it.
    expect(endpoints?.args).toMatchObject({ cidr_ipv4: '10.30.0.0/16', from_port: 443, to_port: 443 });
    for (const { args } of ingress.filter((rule) => rule !== endpoints)) {
      expect(args['referenced_security_group_id']).toMatch(/^\$\{aws_security_group\.SecurityGroups_Prover_\w+\.id\}$/);
      expect(args['security_group_id']).toMatch(/^\$\{aws_security_group\.SecurityGroups_Manager_\w+\.id\}$/);
      expect(args).not.toHaveProperty('cidr_ipv4');
      expect(args).not.toHaveProperty('cidr_ipv6');
      expect([5432, 6379, 8081]).toContain(args['from_port']);
      expect(args['to_port']).toBe(args['from_port']);
    }
    for (const { args } of ofType('aws_security_group')) {
      expect(args).not.toHaveProperty('ingress');
      expect(args).not.toHaveProperty('egress');
    }
  });

  test('only HTTPS goes to the outside', () => {
    const outside = ofType('aws_vpc_security_group_egress_rule').filter(({ args }) => args['cidr_ipv4'] !== undefined);
    expect(outside).toHaveLength(4);
    for (const { args } of outside) expect(args).toMatchObject({ ip_protocol: 'tcp', from_port: 443, to_port: 443 });
  });

  test('nobody logs in by SSH', () => {
    expect(everything.filter(({ args }) => args['from_port'] === 22)).toEqual([]);
    for (const { args } of ofType('aws_launch_template')) expect(args).not.toHaveProperty('key_name');
    expect(ofType('aws_key_pair')).toEqual([]);
  });

  test('the default security group lets nothing through, and no subnet hands out public addresses', () => {
    for (const { args } of ofType('aws_default_security_group'))
      expect(args).toMatchObject({ ingress: [], egress: [] });
    expect(ofType('aws_subnet')).toHaveLength(6 + 1 + 3);
    for (const { args } of ofType('aws_subnet')) expect(args['map_public_ip_on_launch']).toBe(false);
  });
});

describe('instances', () => {
  test('demand IMDSv2, and read their tags through it', () => {
    for (const { args } of ofType('aws_launch_template'))
      expect(args['metadata_options']).toEqual({
        http_endpoint: 'enabled',
        http_tokens: 'required',
        http_put_response_hop_limit: 1,
        instance_metadata_tags: 'enabled',
      });
  });

  test('have no user data, and so no secret in it', () => {
    for (const { args } of ofType('aws_launch_template')) expect(args).not.toHaveProperty('user_data');
  });

  test.each(['staging', 'production'])('%s: what Auto Scaling launches carries the tags as well', (environment) => {
    const name = `prover-cluster-${environment}`;
    for (const role of ['manager', 'prover']) {
      const template = resourceWith(stackOf(stacks, name), 'aws_launch_template', 'name', `${name}-${role}`);
      const tags = {
        Project: 'boundless-ami-factory',
        ManagedBy: 'terraform',
        Environment: environment,
        Stack: name,
        Name: `${name}-${role}`,
        Role: role,
      };
      expect(template['tag_specifications']).toEqual(
        ['instance', 'volume', 'network-interface'].map((resource_type) => ({ resource_type, tags })),
      );
    }
  });

  test('are a CPU manager and GPU provers', () => {
    for (const cluster of clusters) {
      const typeOf = (role: string) =>
        resourceWith(cluster, 'aws_launch_template', 'name', `${cluster.name}-${role}`)['instance_type'];
      expect([typeOf('manager'), typeOf('prover')]).toEqual(['c7a.4xlarge', 'g6.xlarge']);
    }
  });

  test('staging falls back to the latest pointer, production names its images', () => {
    const [staging, production] = clusters;
    expect(Object.values(staging?.data?.['aws_ssm_parameter'] ?? {}).map(({ name }) => name)).toEqual([
      '/boundless/ami/manager/latest',
      '/boundless/ami/prover/latest',
    ]);
    expect(Object.keys(production?.data ?? {})).toEqual(['aws_kms_key']);
    for (const variable of ['manager_image_id', 'prover_image_id']) {
      expect(staging?.variable?.[variable]).toHaveProperty('default', '');
      expect(production?.variable?.[variable]).not.toHaveProperty('default');
    }
  });
});

describe('the sharing Lambda', () => {
  const lambda = resourceWith(ops, 'aws_lambda_function', 'function_name', 'packer-ami-sharing');

  test('runs what was built', () => {
    const archive = readFileSync(path.join(ops.directory, String(lambda['filename'])));
    expect(lambda['source_code_hash']).toBe(createHash('sha256').update(archive).digest('base64'));
    expect(lambda).toMatchObject({ runtime: 'nodejs24.x', architectures: ['arm64'], handler: 'index.handler' });
  });

  const ofSharing = (type: string) =>
    allResources(ops).flatMap((resource) =>
      resource.type === type && resource.id.startsWith('Sharing_') ? [resource.args] : [],
    );
  const rules = ofSharing('aws_cloudwatch_event_rule');
  const targets = ofSharing('aws_cloudwatch_event_target');
  const ruleNamed = (name: string) => rules.find((rule) => rule['name'] === name);

  test('matches builds of this project that succeeded', () => {
    expect(JSON.parse(String(ruleNamed('packer-ami-sharing')?.['event_pattern']))).toEqual({
      source: ['aws.codebuild'],
      account: ['111111111111'],
      'detail-type': ['CodeBuild Build State Change'],
      detail: { 'build-status': ['SUCCEEDED'], 'project-name': ['packer-build-project'] },
    });
  });

  test('reconciles every hour', () => {
    expect(ruleNamed('packer-ami-sharing-reconcile')).toMatchObject({ schedule_expression: 'rate(60 minutes)' });
    expect(targets.flatMap(({ input }) => input ?? [])).toEqual(['{"command":"reconcile"}']);
  });

  test('is started by those two rules, and by no other of this or another account', () => {
    const permissions = resourcesOf(ops, 'aws_lambda_permission').filter(({ function_name }) =>
      String(function_name).includes('Sharing_Function'),
    );
    expect(permissions).toHaveLength(2);
    for (const permission of permissions)
      expect(permission).toMatchObject({
        principal: 'events.amazonaws.com',
        action: 'lambda:InvokeFunction',
        source_arn: expect.stringMatching(
          /^\$\{aws_cloudwatch_event_rule\.Sharing_(Reconcile_)?Rule_\w+\.arn\}$/,
        ) as unknown,
      });
  });

  test('knows its accounts and its key', () => {
    expect(lambda['environment']).toEqual({
      variables: {
        OPS_ACCOUNT_ID: '111111111111',
        SERVICE_ACCOUNT_IDS: '222222222222,333333333333',
        AMI_KEY_ARN: reference('aws_kms_key.ImageKey'),
        BUILD_PROJECT: 'packer-build-project',
      },
    });
  });

  test('loses nothing: undelivered and failed events wait in one queue', () => {
    const queue = reference('aws_sqs_queue.Sharing_DeadLetters');
    for (const target of targets) expect(target['dead_letter_config']).toEqual({ arn: queue });
    const sources = policiesOf(ops)
      .find(({ owner }) => owner.startsWith('ops/Sharing_DeadLetters_Policy'))
      ?.statements.find(({ Sid }) => Sid === 'SendUndeliveredEvents')?.Condition;
    expect({ ArnEquals: { 'aws:SourceArn': [...listOf(sources?.['ArnEquals']?.['aws:SourceArn'])].sort() } }).toEqual({
      ArnEquals: {
        'aws:SourceArn': rules.map(({ name }) => `arn:aws:events:us-west-2:111111111111:rule/${String(name)}`).sort(),
      },
    });
    expect(lambda['dead_letter_config']).toEqual({ target_arn: queue });
  });
});

describe('builds', () => {
  const project = resourceWith(ops, 'aws_codebuild_project', 'name', 'packer-build-project');

  test('are not privileged, end in time and take their buildspec from the repository', () => {
    expect(project).toMatchObject({
      build_timeout: 180,
      environment: { privileged_mode: false },
      source: { buildspec: 'packer/buildspec.yml' },
      service_role: expect.stringMatching(/^\$\{aws_iam_role\.PackerBuild_Role_\w+\.arn\}$/) as unknown,
    });
  });

  test('hand over no secret', () => {
    const { environment_variable: variables } = project['environment'] as {
      environment_variable: { name: string; type: string }[];
    };
    expect(variables.map(({ name }) => name).filter((name) => /secret|token|password|key/i.test(name))).toEqual([]);
  });
});

test('log groups have the names that people look for, and forget', () => {
  const found = ofType('aws_cloudwatch_log_group').map(({ args }) =>
    [args['name'], args['retention_in_days']].map(String).join(' '),
  );
  expect(found.sort()).toEqual(
    [
      '/aws/lambda/boundless-notices 90',
      '/aws/codebuild/packer-build-project 90',
      '/aws/lambda/packer-ami-cleanup 90',
      '/aws/lambda/packer-ami-sharing 90',
      ...[['production', 365] as const, ['staging', 30] as const].flatMap(([environment, days]) => [
        `/aws/lambda/prover-cluster-storage-keys ${days}`,
        ...['manager', 'network', 'prover'].map((part) => `/boundless/${environment}/prover-cluster/${part} ${days}`),
      ]),
    ].sort(),
  );
});

test('images and snapshots cannot be made public', () => {
  expect(resourcesOf(ops, 'aws_ec2_image_block_public_access')).toMatchObject([{ state: 'block-new-sharing' }]);
  expect(resourcesOf(ops, 'aws_ebs_snapshot_block_public_access')).toMatchObject([{ state: 'block-all-sharing' }]);
});

test('resources have the names of docs/names.md', () => {
  const named = (type: string, argument = 'name') => ofType(type).map(({ args }) => args[argument]);
  expect(named('aws_codebuild_project')).toEqual(['packer-build-project']);
  expect(named('aws_lambda_function', 'function_name')).toEqual([
    'boundless-notices',
    'packer-ami-cleanup',
    'packer-ami-sharing',
    'prover-cluster-storage-keys',
    'prover-cluster-storage-keys',
  ]);
  expect(named('aws_kms_alias')).toEqual([
    'alias/boundless-ami',
    'alias/boundless-operations',
    'alias/boundless-prover-cluster-production',
    'alias/boundless-prover-cluster-staging',
  ]);
  expect(named('aws_iam_role').sort()).toEqual([
    'boundless-deployment-role',
    'boundless-deployment-role',
    'boundless-notices-role',
    'boundless-plan-role',
    'boundless-plan-role',
    'boundless-validated-reader-role',
    'packer-ami-cleanup-role',
    'packer-ami-launch-reader-role',
    'packer-ami-launch-reader-role',
    'packer-ami-publisher-role',
    'packer-ami-publisher-role',
    'packer-ami-sharing-role',
    'packer-ami-usage-reader-role',
    'packer-ami-usage-reader-role',
    'packer-build-role',
    'packer-builder-role',
    'prover-cluster-production-flow-logs-role',
    'prover-cluster-production-manager-role',
    'prover-cluster-production-prover-role',
    'prover-cluster-production-snapshots-role',
    'prover-cluster-production-storage-keys-role',
    'prover-cluster-staging-flow-logs-role',
    'prover-cluster-staging-manager-role',
    'prover-cluster-staging-prover-role',
    'prover-cluster-staging-snapshots-role',
    'prover-cluster-staging-storage-keys-role',
  ]);
});

test('nothing that looks like a secret stands in any file', () => {
  for (const stack of stacks.values()) {
    const text = JSON.stringify(stack);
    expect(text).not.toMatch(/A(KIA|SIA)[0-9A-Z]{16}/);
    expect(text).not.toMatch(/-----BEGIN/);
    expect(text).not.toMatch(/"(password|secret_string|private_key|auth_token)"/i);
  }
});
