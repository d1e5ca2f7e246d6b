import { z } from 'zod';
import { alarms } from './alarms';
import { bento, market, secrets, storage } from './cluster';
import { account, cidr, count, instanceType, list } from './values';

/** Who images may come from: an account, or one of EC2's names for groups of them. */
const imageProvider = z
  .string()
  .regex(
    /^(\d{12}|amazon|aws-marketplace|aws-backup-vault)$/,
    'is not a provider of images; use an account id, amazon, aws-marketplace or aws-backup-vault',
  );

const zone = z.string().regex(/^[a-z]$/, 'is not a zone; give its letter, for example a');
const zonedNetwork = z.strictObject({ zone, cidr }).readonly();

/** A VPC of the cluster's own. */
const ownNetwork = z
  .strictObject({
    vpcCidr: cidr,
    /** One private subnet per zone, for the machines; the manager lives in the first. */
    subnets: list(zonedNetwork, 'subnet'),
    /** A public subnet for each NAT gateway and nothing else; zones without one of their own use the first. */
    natSubnets: list(zonedNetwork, 'subnet for a NAT gateway'),
    /** Address at which provers reach the manager, whichever machine that is: in the first subnet, outside of its first four. */
    managerAddress: z.ipv4('is not an IPv4 address; give one of the first subnet, such as 10.20.0.10'),
    /**
     * AWS services that are reached without the NAT gateway, by an interface for about 7 USD a month in each zone; S3 is
     * always, for nothing.
     */
    interfaceEndpoints: z
      .array(
        z.enum(
          ['ec2messages', 'logs', 'monitoring', 'secretsmanager', 'ssm', 'ssmmessages'],
          'is not a service that machines use; take ssm, ssmmessages, ec2messages, secretsmanager, logs or monitoring',
        ),
      )
      .readonly(),
  })
  .readonly();

/** One environment of provers, in a service account of its own. */
export const environmentSchema = z
  .strictObject({
    /** The name that stacks, roles and tags carry. */
    environment: z
      .string()
      .regex(/^[a-z][a-z0-9-]{1,19}$/, 'is not a usable name; use 2 to 20 lower-case letters, digits and hyphens')
      .refine((name) => name !== 'ops', 'is the name of the ops account; choose another'),
    ...account,
    /**
     * Whether this environment may run an image that nothing proved yet: true lets a deploy fall back to the `latest`
     * pointer, false demands image ids by name (design, section 3, steps 4 and 5).
     */
    followsLatest: z.boolean(),
    /** Set by `npm run sharing -- allow-images`: Terraform's resource for it is newer than the providers in use. */
    allowedImages: z
      .strictObject({
        /**
         * `audit-mode` marks instances and images that would not be allowed, `enabled` hides such images and refuses to
         * start them, `disabled` does neither. Look at the marks before you enable it.
         */
        state: z.enum(['audit-mode', 'enabled', 'disabled'], 'is not a state; use audit-mode, enabled or disabled'),
        /** Who images may come from, beside the ops account and this one. */
        providers: z.array(imageProvider).readonly(),
      })
      .readonly(),
    network: ownNetwork,
    manager: z
      .strictObject({
        instanceType,
        /** Root volume, in GiB; the image's own snapshot is 40. */
        rootVolumeGiB: count(40, 16384, 'GiB'),
      })
      .readonly(),
    prover: z
      .strictObject({
        /** The first is what the launch template names; the others are fallbacks for scarce capacity. */
        instanceTypes: list(instanceType, 'instance type'),
        rootVolumeGiB: count(60, 16384, 'GiB'),
        /** Instances in the group: at least, at first, at most. */
        min: count(0, 1000, 'instances'),
        desired: count(0, 1000, 'instances'),
        max: count(0, 1000, 'instances'),
        /** MiB per second at which a new volume is filled from its snapshot; null leaves it to first reads. */
        volumeInitializationRate: count(100, 300, 'MiB per second').nullable(),
      })
      .readonly(),
    bento,
    broker: market,
    secrets,
    storage,
    alarms,
  })
  .readonly();

export type OwnNetwork = z.infer<typeof ownNetwork>;
export type EnvironmentConfig = z.infer<typeof environmentSchema>;
