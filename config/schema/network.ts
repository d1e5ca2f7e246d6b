import { z } from 'zod';
import { cidr, list } from './values';

const zone = z.string().regex(/^[a-z]$/, 'is not a zone; give its letter, for example a');
const zonedNetwork = z.strictObject({ zone, cidr }).readonly();

/** Address at which provers reach the manager, whichever instance that is: in the first subnet, outside of its first four. */
const managerAddress = z.ipv4('is not an IPv4 address; give one of the first subnet, such as 10.20.0.10');

/** A VPC of the cluster's own. */
const ownNetwork = z
  .strictObject({
    kind: z.literal('own'),
    vpcCidr: cidr,
    /** One private subnet per zone, for the instances; the manager lives in the first. */
    subnets: list(zonedNetwork, 'subnet'),
    /** A public subnet for each NAT gateway and nothing else; zones without one of their own use the first. */
    natSubnets: list(zonedNetwork, 'subnet for a NAT gateway'),
    managerAddress,
    /**
     * AWS services that are reached without the NAT gateway, by an interface for about 7 USD a month in each zone; S3 is
     * always, for nothing.
     */
    interfaceEndpoints: z
      .array(
        z.enum(
          ['ec2messages', 'logs', 'monitoring', 'secretsmanager', 'ssm', 'ssmmessages'],
          'is not a service that instances use; take ssm, ssmmessages, ec2messages, secretsmanager, logs or monitoring',
        ),
      )
      .readonly(),
  })
  .readonly();

/** A VPC that is there already: its ways out, endpoints and flow logs are its owner's business (docs/cluster.md). */
const existingNetwork = z
  .strictObject({
    kind: z.literal('existing'),
    vpcId: z.string().regex(/^vpc-[0-9a-f]{8,17}$/, 'is not a VPC; give an id such as vpc-0123456789abcdef0'),
    /** Private subnets with a way out, one per zone; the manager lives in the first. */
    subnets: list(
      z
        .strictObject({
          zone,
          cidr,
          id: z
            .string()
            .regex(/^subnet-[0-9a-f]{8,17}$/, 'is not a subnet; give an id such as subnet-0123456789abcdef0'),
        })
        .readonly(),
      'subnet',
    ),
    managerAddress,
  })
  .readonly();

/** Where the instances of a cluster are. */
export const network = z.discriminatedUnion('kind', [ownNetwork, existingNetwork]);

export type OwnNetwork = z.infer<typeof ownNetwork>;
export type ExistingNetwork = z.infer<typeof existingNetwork>;
