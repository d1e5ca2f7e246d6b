import { z } from 'zod';
import { brokerReleases } from './broker/releases';
import { isSupportedBento, supportedBento } from './bento-releases';
import { repositoryId } from './repository';

/**
 * The shape of the configuration, and what each value may be on its own. What values must be to each other stands in
 * `validate.ts`. Each message ends with the fix: it is printed behind the file, the field and the value.
 */

/** Regions with the instance families that the images are made for; add yours when AWS opens it. */
export const regions = [
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ca-central-1',
  'eu-central-1',
  'eu-north-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-south-1',
  'ap-southeast-1',
  'ap-southeast-2',
  'sa-east-1',
] as const;

/** The retention times that CloudWatch Logs accepts, in days. */
const logRetentions = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const accountId = z
  .string()
  .regex(/^\d{12}$/, 'is not an account id; use the 12 digits that `aws sts get-caller-identity` prints');
const region = z.enum(regions, `is not a region that the factory knows; use one of ${regions.join(', ')}`);
const count = (min: number, max: number, unit: string) =>
  z
    .int(`is not a whole number; give ${unit} from ${min} to ${max}`)
    .min(min, `is too small; give ${unit} from ${min} to ${max}`)
    .max(max, `is too large; give ${unit} from ${min} to ${max}`);
const list = <T extends z.ZodType>(item: T, what: string) =>
  z.array(item).min(1, `is empty; name at least one ${what}`).readonly();
const cidr = z.cidrv4('is not an IPv4 network; write it like 10.20.0.0/16');
const email = z.email('is not an e-mail address; correct it, or remove it from the list');
const text = z.string().trim().min(1, 'is empty; give it a value');
const instanceType = z.string();

/** Who gets the alarms by e-mail; each address of the ops account has to confirm its subscription once. */
const alarmEmails = z.array(email).readonly();

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** What every account has. */
const account = {
  /** The AWS account that this environment lives in. */
  accountId,
  /** One region for everything: images are regional, and copying them is not what this factory does. */
  region,
  state: z
    .strictObject({
      /** Days for which replaced versions of a state file can be restored. */
      previousVersionsDays: count(7, 3650, 'days'),
    })
    .readonly(),
  /** Retention of every log group, in days; one of the values that CloudWatch Logs accepts. */
  logRetentionDays: z
    .number()
    .refine(
      (days) => logRetentions.includes(days),
      `is not a retention that CloudWatch Logs has; use one of ${logRetentions.join(', ')}`,
    ),
  /** US dollars that the account may cost in a month before its alarm addresses hear of it; null watches no cost. */
  monthlyBudgetUsd: count(1, 10_000_000, 'US dollars').nullable(),
  notifications: z.strictObject({ alarmEmails }).readonly(),
};

/** The ops account: where images are built, encrypted and shared from. */
export const opsSchema = z
  .strictObject({
    ...account,
    notifications: z
      .strictObject({
        alarmEmails,
        /** Who gets one message for each build, sharing, deployment and approval; each address has to confirm. */
        statusEmails: z.array(email).readonly(),
        /** The Slack channel that gets both; null for none. docs/monitoring.md says how the workspace is let in. */
        slack: z
          .strictObject({
            workspaceId: z
              .string()
              .regex(
                /^T[A-Z0-9]{6,20}$/,
                'is not the id of a Slack workspace; copy it from Amazon Q, such as T0123ABCD',
              ),
            channelId: z
              .string()
              .regex(
                /^[CG][A-Z0-9]{6,20}$/,
                "is not the id of a Slack channel; copy the end of the channel's link, such as C0123ABCD, not its name",
              ),
          })
          .readonly()
          .nullable(),
      })
      .readonly(),
    /** When alarms ring. */
    monitoring: z
      .strictObject({
        /** A build that takes longer than this is looked at; less than `build.timeoutMinutes`, which ends it. */
        longBuildMinutes: count(10, 479, 'minutes'),
        /** From the end of a build to the end of sharing. */
        lateSharingMinutes: count(5, 240, 'minutes'),
        /** Age of the newest image that staging proved, of each kind that clusters run. */
        staleImageDays: count(1, 365, 'days'),
        /** How long an approval may wait. */
        stuckApprovalHours: count(1, 720, 'hours'),
      })
      .readonly(),
    /** Where CodeBuild takes the templates from. */
    repository: z
      .strictObject({
        url: z
          .url({
            protocol: /^https$/,
            error: 'is not an https address; give the clone address of the repository',
            abort: true,
          })
          .refine(
            (url) => repositoryId(url) !== undefined,
            'names no repository; give its clone address, https://github.com/<owner>/<repository>.git',
          ),
        branch: text,
        /**
         * ARN of a CodeConnections connection. Null leaves the pipelines out: images are then built, and clusters deployed,
         * by hand, and the repository must be public (docs/delivery.md).
         */
        connectionArn: z
          .string()
          .regex(
            /^arn:aws:code(connections|star-connections):[a-z0-9-]+:\d{12}:connection\/[0-9a-f-]{36}$/,
            'is not the ARN of a connection; copy it from Developer Tools > Connections, or set null to do without pipelines',
          )
          .nullable(),
      })
      .readonly(),
    build: z
      .strictObject({
        /** What CodeBuild runs Packer on; the image itself is baked on `instanceTypes`. */
        computeType: z.enum(
          ['BUILD_GENERAL1_SMALL', 'BUILD_GENERAL1_MEDIUM', 'BUILD_GENERAL1_LARGE'],
          'is not a compute type; use BUILD_GENERAL1_SMALL',
        ),
        /** After this many minutes CodeBuild stops a build. `config/build-time.ts` says what must fit into them. */
        timeoutMinutes: count(15, 480, 'minutes'),
        /** The machine that each image is baked on. */
        instanceTypes: z.strictObject({ manager: instanceType, prover: instanceType, bento: instanceType }).readonly(),
        /** Bake on spot capacity; a bake can be repeated. */
        spot: z.boolean(),
        /** The subnet that builders start in; null takes one of the default VPC. */
        subnetId: z
          .string()
          .regex(
            /^subnet-[0-9a-f]{8,17}$/,
            'is not a subnet id; copy it from the VPC console, or set null for the default VPC',
          )
          .nullable(),
        /** Bento release to bake: `latest`, or a version such as v1.2.2. */
        boundlessVersion: z
          .string()
          .regex(/^(latest|v\d+\.\d+\.\d+)$/, {
            error: 'is not a version; use latest, or a release such as v1.2.2',
            abort: true,
          })
          .refine(
            (version) => version === 'latest' || isSupportedBento(version),
            `is not supported; use latest, or a release from ${supportedBento.from} up to, not including, ${supportedBento.before}`,
          ),
        /** Broker release to bake; null takes the one that belongs to Bento's. */
        brokerVersion: z
          .enum(
            brokerReleases.map((release) => `v${release}` as const),
            `is not a release of the broker; use one of ${brokerReleases.map((release) => `v${release}`).join(', ')}, or null for Bento's own`,
          )
          .nullable(),
        /** SHA-256 of a broker whose release publishes none: before v1.2.2. */
        brokerSha256: z
          .string()
          .regex(/^[0-9a-f]{64}$/, 'is not a SHA-256; give 64 hexadecimal digits in lower case, or null from v1.2.2 on')
          .nullable(),
      })
      .readonly(),
    /** How images get into the environments; used when there is a connection. */
    delivery: z
      .strictObject({
        /** The environment that proves images for those that do not follow the latest. */
        provingEnvironment: text,
        /** When environments that follow the latest are deployed; null leaves it to whoever starts their pipelines. */
        schedule: z
          .strictObject({
            expression: z
              .string()
              .regex(
                /^(rate\([1-9]\d* (hour|day)s?\)|cron\([^\s()]+( [^\s()]+){5}\))$/,
                'is not a schedule; use rate(<n> hours), rate(<n> days) or the six fields of cron(0 10 * * ? *)',
              ),
            timeZone: z
              .string()
              .refine(isTimeZone, 'is not a time zone; use a name of the IANA list, for example UTC or Europe/Berlin'),
          })
          .readonly()
          .nullable(),
        /** After this many minutes an approval that nobody gave is refused. */
        approvalTimeoutMinutes: count(5, 86_400, 'minutes'),
        /**
         * After this many minutes CodeBuild stops a deployment: a manager may drain for 2 h 15 min before the next one starts,
         * and the build waits for both (ROLLOUT_MINUTES in tools/delivery).
         */
        deploymentTimeoutMinutes: count(15, 480, 'minutes'),
        /** Days after which artifacts are deleted, saved plans among them. */
        artifactRetentionDays: count(7, 365, 'days'),
      })
      .readonly(),
    sharing: z
      .strictObject({
        /**
         * How often permissions, pointers and tags are compared with what they should be, and put right: twice a day at
         * least, since a day without a run rings an alarm.
         */
        reconcileEveryMinutes: count(15, 720, 'minutes'),
      })
      .readonly(),
  })
  .readonly();

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
  })
  .readonly();

export type OpsConfig = z.infer<typeof opsSchema>;
export type OwnNetwork = z.infer<typeof ownNetwork>;
export type EnvironmentConfig = z.infer<typeof environmentSchema>;

/** What the whole factory is made from. */
export interface FactoryConfig {
  readonly ops: OpsConfig;
  /** The service accounts; images are shared with every one of them, and with nobody else. */
  readonly environments: readonly EnvironmentConfig[];
}
