import { EC2Client, EnableEbsEncryptionByDefaultCommand, ModifyEbsDefaultKmsKeyIdCommand } from '@aws-sdk/client-ec2';
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  EnableKeyRotationCommand,
  KMSClient,
  type GrantOperation,
} from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { STSClient } from '@aws-sdk/client-sts';
import { environmentNamed, factory } from '../../config';
import { keyAliases, packerBuilderProfile, roles } from '../../config/names';
import { bootstrap } from '../../cli/bootstrap/bootstrap';
import type { LocalAws, LocalClientSettings } from '../local-aws';
import { resolveReferences, type WrittenStack } from './stack';

/** What the ops account has after `cdktf deploy ops`, as far as builds and sharing need it. */
export interface OpsAccount {
  readonly imageKeyArn: string;
}

/** Makes the image key and the builders' profile with the very policies that the stack has. */
export async function deployOps(ops: WrittenStack, settings: LocalClientSettings): Promise<OpsAccount> {
  const kms = new KMSClient(settings);
  const { KeyMetadata } = await kms.send(
    new CreateKeyCommand({ Policy: ops.text('aws_kms_key', 'ImageKey', 'policy') }),
  );
  const { KeyId, Arn } = KeyMetadata ?? {};
  if (KeyId === undefined || Arn === undefined) throw new Error('KMS made no key');
  await kms.send(new EnableKeyRotationCommand({ KeyId }));
  await kms.send(new CreateAliasCommand({ AliasName: keyAliases.ami, TargetKeyId: KeyId }));

  const ec2 = new EC2Client(settings);
  await ec2.send(new EnableEbsEncryptionByDefaultCommand({}));
  await ec2.send(new ModifyEbsDefaultKmsKeyIdCommand({ KmsKeyId: Arn }));

  const iam = new IAMClient(settings);
  const trust = resolveReferences(
    ops.text('aws_iam_role', 'PackerBuild_Builder_Role', 'assume_role_policy'),
    new Map(),
  );
  await iam.send(new CreateRoleCommand({ RoleName: roles.packerBuilder, AssumeRolePolicyDocument: trust }));
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: packerBuilderProfile }));
  await iam.send(
    new AddRoleToInstanceProfileCommand({ InstanceProfileName: packerBuilderProfile, RoleName: roles.packerBuilder }),
  );
  return { imageKeyArn: Arn };
}

/** Makes the grant on the image key that the account's stack has. */
export async function deployServiceAccount(
  account: WrittenStack,
  settings: LocalClientSettings,
  imageKeyArn: string,
): Promise<void> {
  const { operations } = account.resource('aws_kms_grant', 'ImageKeyGrant_AutoScaling');
  await new KMSClient(settings).send(
    new CreateGrantCommand({
      KeyId: imageKeyArn,
      GranteePrincipal: account.text('aws_kms_grant', 'ImageKeyGrant_AutoScaling', 'grantee_principal'),
      Operations: operations as GrantOperation[],
    }),
  );
}

/** What `make bootstrap` does in an account; returns how many changes it made. */
export async function bootstrapLocal(aws: LocalAws, environment: string): Promise<number> {
  const { accountId } = environment === 'ops' ? factory.ops : environmentNamed(environment);
  const settings = await aws.clientSettings(accountId);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const clients = { s3, sts: new STSClient(settings), iam: new IAMClient(settings) };
  return bootstrap(clients, { environment, factory, dryRun: false, report: () => undefined });
}
