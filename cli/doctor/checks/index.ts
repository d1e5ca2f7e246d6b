import { EC2Client } from '@aws-sdk/client-ec2';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { S3Client } from '@aws-sdk/client-s3';
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient } from '@aws-sdk/client-sts';
import type { EnvironmentConfig, FactoryConfig, OpsConfig } from '../../../config';
import { imageKinds, keyAliases, serviceLinkedServices, stateBucket } from '../../../config/names';
import { pathStyle } from '../../common/s3';
import type { Check } from '../check';
import { buildQuotaCheck, imageKeyCheck, serviceRoleCheck, stateBucketCheck } from './account';
import { administratorCheck } from './administrators';
import { pointerChecks } from './images';
import { offeringsCheck, vcpuChecks } from './instances';
import { initializationRateCheck, snapshotsCheck } from './volumes';

/** What every account needs before its first deployment. */
function accountChecks(
  { accountId, region }: Pick<OpsConfig, 'accountId' | 'region'>,
  environment: string,
  serviceRoles: readonly string[],
): readonly Check[] {
  const s3 = new S3Client({ region, forcePathStyle: pathStyle() });
  const iam = new IAMClient({ region });
  return [
    stateBucketCheck(s3, stateBucket(accountId, region), accountId, environment),
    ...serviceRoles.map((role) => serviceRoleCheck(iam, role, environment)),
  ];
}

export function opsChecks({ ops }: FactoryConfig): readonly Check[] {
  const { region } = ops;
  return [
    ...accountChecks(ops, 'ops', Object.keys(serviceLinkedServices.ops)),
    buildQuotaCheck(new ServiceQuotasClient({ region }), ops.build.computeType, imageKinds.length),
    imageKeyCheck(new KMSClient({ region }), keyAliases.ami),
  ];
}

export function environmentChecks({ ops }: FactoryConfig, config: EnvironmentConfig, now: Date): readonly Check[] {
  const { region, environment } = config;
  const ec2 = new EC2Client({ region });
  const quotas = new ServiceQuotasClient({ region });
  return [
    ...accountChecks(config, environment, Object.keys(serviceLinkedServices.serviceAccount)),
    administratorCheck(new STSClient({ region }), config),
    offeringsCheck(ec2, config),
    ...vcpuChecks(ec2, quotas, config),
    initializationRateCheck(quotas, config),
    ...pointerChecks(new SSMClient({ region }), ec2, ops.accountId),
    snapshotsCheck(ec2, environment, now),
  ];
}
