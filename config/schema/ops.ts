import { z } from 'zod';
import { brokerReleases } from '../broker/releases';
import { bentoReleases, isSupportedBento, neverReleased } from '../bento-releases';
import { supportedBento } from '../contract';
import { branchProblem, repositoryHosts, repositoryId, sourceType } from '../repository';
import { scheduleProblem } from '../schedule';
import { retirementSchema } from './retirement';
import { account, alarmEmails, count, email, instanceType, isTimeZone, text } from './values';

/** The ops account: where images are built, encrypted and shared from. */
export const opsSchema = z
  .strictObject({
    ...account,
    notifications: z
      .strictObject({
        alarmEmails,
        /** Who gets one message for each build, sharing, deployment and approval; each address has to confirm. */
        statusEmails: z.array(email).readonly(),
        /** The Slack channel that gets both; null for none. docs/monitoring.md has how the workspace is let in. */
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
    /** When alarms fire. */
    monitoring: z
      .strictObject({
        /** A build that takes longer than this is looked at; less than `build.timeoutMinutes`, which ends it. */
        longBuildMinutes: count(10, 479, 'minutes'),
        /** From the end of a build to the end of sharing. */
        lateSharingMinutes: count(5, 240, 'minutes'),
        /** Age of the newest image that staging validated, of each kind that clusters run. */
        staleImageDays: count(1, 365, 'days'),
        /** How long an approval may wait; less than `delivery.approvalTimeoutMinutes`, which ends it. */
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
          )
          .refine(
            (url) => sourceType(url) !== undefined,
            `is on a host that CodeBuild cannot clone from; use one of ${repositoryHosts}`,
          ),
        branch: text.superRefine((name, context) => {
          const message = branchProblem(name);
          if (message !== undefined) context.addIssue({ code: 'custom', message });
        }),
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
        /** After this many minutes CodeBuild stops a build. `config/build-time.ts` has what must fit into them. */
        timeoutMinutes: count(15, 480, 'minutes'),
        /** The instance that each image is baked on. */
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
          .refine((version) => version === 'latest' || isSupportedBento(version), {
            error: `is not supported; use latest, or a release from ${supportedBento.from} up to, not including, ${supportedBento.before}`,
            abort: true,
          })
          .refine(
            (version) => version === 'latest' || !neverReleased(version),
            `was never released; use latest, or one of ${bentoReleases.join(', ')}`,
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
        /** The environment that validates images for those that do not follow the latest. */
        validatingEnvironment: text,
        /** When environments that follow the latest are deployed; null leaves it to the operator who starts their pipelines. */
        schedule: z
          .strictObject({
            expression: z.string().superRefine((expression, context) => {
              const message = scheduleProblem(expression);
              if (message !== undefined) context.addIssue({ code: 'custom', message });
            }),
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
         * and the build waits for both, and for the smoke test.
         */
        deploymentTimeoutMinutes: count(120, 480, 'minutes'),
        /** Days after which artifacts are deleted, saved plans among them. */
        artifactRetentionDays: count(7, 365, 'days'),
      })
      .readonly(),
    sharing: z
      .strictObject({
        /**
         * How often permissions, pointers and tags are compared with what they should be, and put right: twice a day at
         * least, since an alarm fires after a day without a run.
         */
        reconcileEveryMinutes: count(15, 720, 'minutes'),
      })
      .readonly(),
    retirement: retirementSchema,
  })
  .readonly();

export type OpsConfig = z.infer<typeof opsSchema>;
