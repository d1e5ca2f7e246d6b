import { LambdaPermission } from '@cdktf/provider-aws/lib/lambda-permission';
import { SecretsmanagerSecretRotation } from '@cdktf/provider-aws/lib/secretsmanager-secret-rotation';
import { Construct } from 'constructs';
import { clusterFunctions, logGroups, roles } from '../../../config/names';
import { Lambda } from '../../base/lambda';
import type { Storage } from './storage';
import { runKeys } from './storage-rights';
import { AccountStack } from '../../base/account-stack';

export interface StorageKeysProps {
  readonly storage: Storage;
  /** ARN of the secret that holds the key. */
  readonly secretArn: string;
  readonly rotationDays: number;
  readonly kmsKeyArn: string;
  readonly logRetentionDays: number;
  readonly archive: string;
  /** ARN of the policy that caps the function's role. */
  readonly permissionsBoundary: string;
  /** Topics that are notified of a rotation that failed. */
  readonly alarmActions: readonly string[];
}

/**
 * Makes the first key of the storage's user as soon as it is deployed, and a new one every few days: Secrets Manager calls
 * the Lambda. There is no dead-letter queue, since a failed rotation is tried again by Secrets Manager, and an event of
 * one that is over means nothing.
 */
export class StorageKeys extends Construct {
  constructor(scope: Construct, id: string, props: StorageKeysProps) {
    super(scope, id);
    const { account } = AccountStack.of(this);
    const { storage, secretArn } = props;
    const functionName = clusterFunctions.storageKeys;
    const lambda = new Lambda(this, 'Function', {
      functionName,
      roleName: roles.storageKeys(account.environment),
      permissionsBoundary: props.permissionsBoundary,
      description: "Makes and rotates the access key of Bento's storage",
      archive: props.archive,
      logGroupName: logGroups.lambda(functionName),
      logRetentionDays: props.logRetentionDays,
      kmsKeyArn: props.kmsKeyArn,
      // A new key is waited for, for two minutes at most (lambda/prover-cluster-storage-keys/waits.ts).
      timeoutSeconds: 300,
      environment: {
        STORAGE_USER: storage.userName,
        STORAGE_BUCKET: storage.bucketName,
        STORAGE_SECRET_ARN: secretArn,
      },
      statements: runKeys(account),
      alarmActions: props.alarmActions,
    });
    // By account alone, which AWS documents for this service (AWS Secrets Manager User Guide, "Rotation by Lambda
    // function"); the function itself refuses every other secret.
    const permission = new LambdaPermission(this, 'Invoke', {
      functionName: lambda.name,
      action: 'lambda:InvokeFunction',
      principal: 'secretsmanager.amazonaws.com',
      sourceAccount: account.accountId,
    });
    new SecretsmanagerSecretRotation(this, 'Rotation', {
      secretId: secretArn,
      rotationLambdaArn: lambda.arn,
      rotateImmediately: true,
      rotationRules: { automaticallyAfterDays: props.rotationDays },
      dependsOn: [permission, lambda.permissions, ...storage.ready],
    });
  }
}
