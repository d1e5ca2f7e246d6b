import { DefaultSecurityGroup } from '@cdktf/provider-aws/lib/default-security-group';
import { Ec2SubnetCidrReservation } from '@cdktf/provider-aws/lib/ec2-subnet-cidr-reservation';
import { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Vpc } from '@cdktf/provider-aws/lib/vpc';
import { Construct } from 'constructs';
import type { ExistingNetwork, OwnNetwork } from '../../../config';
import { FlowLogs } from './flow-logs';
import { NatGateways } from './nat-gateways';
import { VpcEndpoints } from './vpc-endpoints';
import { AccountStack } from '../../base/account-stack';

/** Where the instances of a cluster are. */
export interface ClusterNetwork {
  readonly vpcId: string;
  /** A private subnet for each zone, the manager's first. */
  readonly subnets: readonly { readonly zone: string; readonly id: string }[];
}

export interface NetworkProps {
  readonly name: string;
  readonly network: OwnNetwork;
  readonly kmsKeyArn: string;
  readonly logRetentionDays: number;
  /** The bucket that agents call CreateBucket for at each start, and own already; null where none of them does. */
  readonly createdBucket: string | null;
}

/** A VPC that is there already, and stays as it is: nothing of it is made or changed. */
export const existingNetwork = ({ vpcId, subnets }: ExistingNetwork): ClusterNetwork => ({
  vpcId,
  subnets: subnets.map(({ zone, id }) => ({ zone, id })),
});

/**
 * The cluster's own network: instances in private subnets, a way out by NAT, none in. Its flow logs record the
 * connections, and S3 is reached without NAT, which would charge for each byte.
 */
export class Network extends Construct implements ClusterNetwork {
  readonly vpcId: string;
  readonly subnets: readonly { readonly zone: string; readonly id: string }[];

  constructor(scope: Construct, id: string, props: NetworkProps) {
    super(scope, id);
    const stack = AccountStack.of(this);
    const { region } = stack.account;
    const { name, network } = props;
    const vpc = new Vpc(this, 'Vpc', {
      cidrBlock: network.vpcCidr,
      enableDnsSupport: true,
      enableDnsHostnames: true,
      tags: { Name: name },
    });
    // EC2 makes it with the VPC, and without tags. A pipeline gives tags only to what it makes (`TagOnCreation`), so that
    // this group, whose rules it removes, has none.
    new DefaultSecurityGroup(this, 'DefaultSecurityGroup', {
      provider: stack.untagged,
      vpcId: vpc.id,
      ingress: [],
      egress: [],
    });
    this.vpcId = vpc.id;
    this.subnets = network.subnets.map(({ zone, cidr }) => ({
      zone,
      id: new Subnet(this, `Private-${zone}`, {
        vpcId: vpc.id,
        cidrBlock: cidr,
        availabilityZone: `${region}${zone}`,
        mapPublicIpOnLaunch: false,
        tags: { Name: `${name}-private-${zone}` },
      }).id,
    }));
    const [first] = this.subnets;
    if (first !== undefined)
      // Nobody else gets the manager's address by chance (Amazon VPC User Guide, "Subnet CIDR reservations").
      new Ec2SubnetCidrReservation(this, 'ManagerAddress', {
        subnetId: first.id,
        cidrBlock: `${network.managerAddress}/32`,
        reservationType: 'explicit',
        description: 'Address of the manager, which goes with its data volume',
      });
    const gateway = new InternetGateway(this, 'InternetGateway', { vpcId: vpc.id, tags: { Name: name } });
    const nat = new NatGateways(this, 'Nat', {
      name,
      vpcId: vpc.id,
      internetGateway: gateway,
      gateways: network.natSubnets,
      privateSubnets: this.subnets,
    });
    new VpcEndpoints(this, 'Endpoints', {
      name,
      vpcId: vpc.id,
      vpcCidr: network.vpcCidr,
      subnetIds: this.subnets.map((subnet) => subnet.id),
      routeTableIds: nat.privateRouteTableIds,
      createdBucket: props.createdBucket,
      services: network.interfaceEndpoints,
    });
    new FlowLogs(this, 'FlowLogs', {
      vpcId: vpc.id,
      kmsKeyArn: props.kmsKeyArn,
      logRetentionDays: props.logRetentionDays,
    });
  }
}
