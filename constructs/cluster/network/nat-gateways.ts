import { Eip } from '@cdktf/provider-aws/lib/eip';
import type { InternetGateway } from '@cdktf/provider-aws/lib/internet-gateway';
import { NatGateway } from '@cdktf/provider-aws/lib/nat-gateway';
import { Route } from '@cdktf/provider-aws/lib/route';
import { RouteTable } from '@cdktf/provider-aws/lib/route-table';
import { RouteTableAssociation } from '@cdktf/provider-aws/lib/route-table-association';
import { Subnet } from '@cdktf/provider-aws/lib/subnet';
import { Construct } from 'constructs';
import { AccountStack } from '../../base/account-stack';

export interface NatGatewaysProps {
  readonly name: string;
  readonly vpcId: string;
  readonly internetGateway: InternetGateway;
  /** A public subnet for each gateway; a zone without one uses the first. */
  readonly gateways: readonly { readonly zone: string; readonly cidr: string }[];
  readonly privateSubnets: readonly { readonly zone: string; readonly id: string }[];
}

/** The way out: public subnets that hold nothing but NAT gateways, and a route to one for each private subnet. */
export class NatGateways extends Construct {
  readonly privateRouteTableIds: readonly string[];

  constructor(scope: Construct, id: string, props: NatGatewaysProps) {
    super(scope, id);
    const { region } = AccountStack.of(this).account;
    const { name, vpcId, internetGateway, gateways, privateSubnets } = props;
    const everywhere = '0.0.0.0/0';
    const routes = new RouteTable(this, 'PublicRoutes', { vpcId, tags: { Name: `${name}-public` } });
    new Route(this, 'PublicDefault', {
      routeTableId: routes.id,
      destinationCidrBlock: everywhere,
      gatewayId: internetGateway.id,
    });
    const gatewayIn = new Map(
      gateways.map(({ zone, cidr }) => {
        const tags = { Name: `${name}-nat-${zone}` };
        const subnet = new Subnet(this, `Public-${zone}`, {
          vpcId,
          cidrBlock: cidr,
          availabilityZone: `${region}${zone}`,
          mapPublicIpOnLaunch: false,
          tags: { Name: `${name}-public-${zone}` },
        });
        new RouteTableAssociation(this, `PublicAssociation-${zone}`, { subnetId: subnet.id, routeTableId: routes.id });
        // EC2 makes no gateway, and gives an address to none, in a VPC without a way to the internet
        // (docs/facts/creation-order.md).
        const dependsOn = [internetGateway];
        const address = new Eip(this, `Address-${zone}`, { domain: 'vpc', tags, dependsOn });
        const place = { subnetId: subnet.id, allocationId: address.id };
        return [zone, new NatGateway(this, `Gateway-${zone}`, { ...place, tags, dependsOn })];
      }),
    );
    const [first] = gatewayIn.values();
    this.privateRouteTableIds = privateSubnets.map(({ zone, id: subnetId }) => {
      const table = new RouteTable(this, `PrivateRoutes-${zone}`, { vpcId, tags: { Name: `${name}-private-${zone}` } });
      new RouteTableAssociation(this, `PrivateAssociation-${zone}`, { subnetId, routeTableId: table.id });
      const gateway = gatewayIn.get(zone) ?? first;
      if (gateway !== undefined)
        new Route(this, `PrivateDefault-${zone}`, {
          routeTableId: table.id,
          destinationCidrBlock: everywhere,
          natGatewayId: gateway.id,
        });
      return table.id;
    });
  }
}
