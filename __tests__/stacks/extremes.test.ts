import { listOf, policiesOf } from '../support/policies';
import { extremes } from '../support/clusters';
import { withEverything, withMoreAccounts } from '../support/factories';
import { allResources, resourcesOf, synthesize } from '../support/synthesized';

const everywhere = { ...extremes, 'everything on': withEverything(), 'more accounts': withMoreAccounts() };

/** The rules of CONTRIBUTING.md#rules hold for whatever may be configured, not only for what is. */
describe.each(Object.entries(everywhere))('%s', (_, factory) => {
  const stacks = [...synthesize({ factory }).values()];
  const resources = stacks.flatMap(allResources);
  const ofType = (type: string) => resources.filter((resource) => resource.type === type).map(({ args }) => args);
  const statements = stacks
    .flatMap(policiesOf)
    .flatMap(({ owner, kind, statements }) => statements.map((statement) => ({ owner, kind, statement })));

  test('no rule opens a port to the world, or SSH to anybody', () => {
    const ingress = ofType('aws_vpc_security_group_ingress_rule');
    expect(ingress.length).toBeGreaterThan(0);
    expect(ingress.filter(({ cidr_ipv4: from }) => from === '0.0.0.0/0')).toEqual([]);
    expect(ingress.filter((rule) => 'cidr_ipv6' in rule || 'prefix_list_id' in rule)).toEqual([]);
    expect(resources.filter(({ args }) => args['from_port'] === 22)).toEqual([]);
    expect(ofType('aws_key_pair')).toEqual([]);
  });

  test('instances demand IMDSv2 and have no user data, and their disks are encrypted', () => {
    const templates = ofType('aws_launch_template');
    expect(templates.length).toBeGreaterThan(0);
    for (const template of templates) {
      expect(template['metadata_options']).toMatchObject({ http_tokens: 'required', http_put_response_hop_limit: 1 });
      expect(template).not.toHaveProperty('user_data');
      expect(template).not.toHaveProperty('key_name');
      expect(template['block_device_mappings']).toMatchObject([{ ebs: { encrypted: 'true' } }]);
      expect(template['network_interfaces']).toBeUndefined();
    }
    for (const volume of ofType('aws_ebs_volume')) expect(volume).toMatchObject({ encrypted: true, type: 'gp3' });
  });

  test('buckets, queues, topics and logs are encrypted, and buckets closed', () => {
    const buckets = ofType('aws_s3_bucket').length;
    expect(ofType('aws_s3_bucket_server_side_encryption_configuration')).toHaveLength(buckets);
    for (const open of ofType('aws_s3_bucket_public_access_block'))
      expect(open).toMatchObject({ block_public_acls: true, block_public_policy: true, restrict_public_buckets: true });
    expect(ofType('aws_s3_bucket_public_access_block')).toHaveLength(buckets);
    for (const queue of [...ofType('aws_sqs_queue'), ...ofType('aws_sns_topic')])
      expect(queue['kms_master_key_id']).toMatch(/^\$\{(data\.)?aws_kms_key\./);
    for (const logs of ofType('aws_cloudwatch_log_group')) {
      // The chat's are in another region than our keys, where CloudWatch encrypts them with its own.
      if (logs['region'] === undefined) expect(logs['kms_key_id']).toMatch(/^\$\{(data\.)?aws_kms_key\./);
      expect(logs['retention_in_days']).toBeGreaterThan(0);
    }
    for (const secret of ofType('aws_secretsmanager_secret'))
      expect(secret['kms_key_id']).toMatch(/^\$\{(data\.)?aws_kms_key\./);
  });

  test('what holds data cannot be destroyed by Terraform', () => {
    for (const type of ['aws_ebs_volume', 'aws_kms_key']) {
      expect(ofType(type).length).toBeGreaterThan(0);
      for (const args of ofType(type)) expect(args).toMatchObject({ lifecycle: { prevent_destroy: true } });
    }
    // Artifacts of pipelines and reports expire; `ops` would be stuck on them.
    for (const { bucket, force_destroy } of ofType('aws_s3_bucket'))
      expect([bucket, force_destroy === true]).toEqual([bucket, /-artifacts-\d{12}$|-reports-/.test(String(bucket))]);
  });

  test('groups name a template by number, and can go back', () => {
    const groups = ofType('aws_autoscaling_group');
    expect(groups.length).toBeGreaterThanOrEqual(4);
    for (const group of groups) {
      expect(JSON.stringify(group)).not.toMatch(/\$(Latest|Default)/);
      expect(JSON.stringify(group)).toMatch(/aws_launch_template\.\w+\.latest_version/);
      expect(group).not.toHaveProperty('instance_refresh');
    }
    for (const { image_id } of ofType('aws_launch_template')) expect(image_id).not.toMatch(/resolve:ssm/);
  });

  test('no identity policy allows whole services, and nobody may be everybody', () => {
    const allowing = statements.filter(({ statement }) => statement.Effect === 'Allow');
    const wide = allowing
      .filter(({ kind }) => kind === 'identity')
      .filter(({ statement }) => listOf(statement.Action).some((action) => action.includes('*')));
    expect(wide).toEqual([]);
    const open = allowing
      .filter(({ statement }) => listOf(statement.Principal?.['AWS']).includes('*'))
      .filter(({ statement }) => statement.Condition?.['StringEquals']?.['aws:SourceVpc'] === undefined);
    expect(open).toEqual([]);
  });

  test('policies fit into what IAM allows', () => {
    for (const { name, policy } of ofType('aws_iam_policy'))
      expect([name, String(policy).length <= 6144]).toEqual([name, true]);
    for (const stack of stacks) {
      const inline = new Map<string, number>();
      for (const { role, policy } of resourcesOf(stack, 'aws_iam_role_policy'))
        inline.set(String(role), (inline.get(String(role)) ?? 0) + String(policy).length);
      for (const [role, length] of inline)
        expect([stack.name, role, length <= 10_240]).toEqual([stack.name, role, true]);
    }
  });

  test('nothing that looks like a secret stands in any file', () => {
    const text = JSON.stringify(stacks);
    expect(text).not.toMatch(/A(KIA|SIA)[0-9A-Z]{16}/);
    expect(text).not.toMatch(/-----BEGIN/);
    expect(text).not.toMatch(/"(password|secret_string|private_key|auth_token)"/i);
  });
});
