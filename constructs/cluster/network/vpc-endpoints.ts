import { SecurityGroup } from '@cdktf/provider-aws/lib/security-group';
import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint';
import { VpcSecurityGroupIngressRule } from '@cdktf/provider-aws/lib/vpc-security-group-ingress-rule';
import { Construct } from 'constructs';
import { policyDocument } from '../../base/policy';
import { AccountStack } from '../../base/account-stack';
import { bucketArn } from '../../base/account';

export interface VpcEndpointsProps {
  readonly name: string;
  readonly vpcId: string;
  readonly vpcCidr: string;
  readonly subnetIds: readonly string[];
  readonly routeTableIds: readonly string[];
  /** The bucket that agents call CreateBucket for at each start, and own already; null where none of them does. */
  readonly createdBucket: string | null;
  /** AWS services with an endpoint of their own, for example `ssm`. */
  readonly services: readonly string[];
}

/**
 * Ways to AWS that stay inside: S3 by a gateway, which costs nothing, and others by interfaces, which cost by the hour
 * and zone, and so are chosen in the configuration.
 */
export class VpcEndpoints extends Construct {
  constructor(scope: Construct, id: string, props: VpcEndpointsProps) {
    super(scope, id);
    const { region } = AccountStack.of(this).account;
    const { name, vpcId, vpcCidr, services } = props;
    const fromHere = { StringEquals: { 'aws:SourceVpc': vpcId } };
    new VpcEndpoint(this, 'S3', {
      vpcId,
      serviceName: `com.amazonaws.${region}.s3`,
      vpcEndpointType: 'Gateway',
      routeTableIds: [...props.routeTableIds],
      policy: policyDocument(
        {
          // Inputs of orders lie in buckets of anybody, and are read without credentials: who may write is a matter of
          // each bucket.
          Sid: 'AllowFromVpc',
          Principal: { AWS: '*' },
          Action: ['s3:AbortMultipartUpload', 's3:DeleteObject', 's3:GetObject', 's3:ListBucket', 's3:PutObject'],
          Resource: '*',
          Condition: fromHere,
        },
        ...(props.createdBucket === null
          ? []
          : [
              {
                Sid: 'CreateBucketAtStart',
                Principal: { AWS: '*' },
                Action: 's3:CreateBucket',
                Resource: bucketArn(props.createdBucket),
                Condition: fromHere,
              },
            ]),
      ),
      tags: { Name: `${name}-s3` },
    });
    if (services.length === 0) return;
    const group = new SecurityGroup(this, 'Group', {
      name: `${name}-endpoints`,
      description: 'Endpoints of AWS services',
      vpcId,
      tags: { Name: `${name}-endpoints` },
    });
    new VpcSecurityGroupIngressRule(this, 'Https', {
      securityGroupId: group.id,
      ipProtocol: 'tcp',
      fromPort: 443,
      toPort: 443,
      cidrIpv4: vpcCidr,
      description: 'Instances of the cluster',
    });
    for (const service of services)
      new VpcEndpoint(this, `Interface-${service}`, {
        vpcId,
        serviceName: `com.amazonaws.${region}.${service}`,
        vpcEndpointType: 'Interface',
        privateDnsEnabled: true,
        subnetIds: [...props.subnetIds],
        securityGroupIds: [group.id],
        tags: { Name: `${name}-${service}` },
      });
  }
}
