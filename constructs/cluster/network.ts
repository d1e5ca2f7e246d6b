import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group';
import { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { Construct } from 'constructs';
import type { EnvironmentConfig } from '../../config';

export interface NetworkProps {
  readonly name: string;
  readonly region: string;
  readonly network: EnvironmentConfig['network'];
}

/** The cluster's own network: private subnets only, and a default security group that lets nothing through. */
export class Network extends Construct {
  readonly vpcId: string;

  constructor(scope: Construct, id: string, { name, region, network }: NetworkProps) {
    super(scope, id);
    const vpc = new Vpc(this, 'Vpc', {
      cidrBlock: network.vpcCidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    new DefaultSecurityGroup(this, 'DefaultSecurityGroup', {
      vpcId: vpc.id,
      ingress: [],
      egress: [],
      tags: { Name: `${name}-unused` },
    });
    for (const { zone, cidr } of network.subnets)
      new Subnet(this, `Private-${zone}`, {
        vpcId: vpc.id,
        cidrBlock: cidr,
        availabilityZone: `${region}${zone}`,
        mapPublicIpOnLaunch: false,
        tags: { Name: `${name}-private-${zone}` },
      });
    this.vpcId = vpc.id;
  }
}
