/**
 * Every name that crosses a boundary: between accounts, between a stack and a script, between the factory and the
 * people who read its logs. Across accounts nothing reads another stack's state, so these names are the contract. Those
 * that the instances know as well come from `contract.ts`.
 */
import { clusterPath, instanceLogGroup, type InstanceRole } from './contract';

export {
  clusterParameters,
  clusterPath,
  clusterSecrets,
  type ClusterSecret,
  gpuMetrics,
  isOptionalSecret,
  lifecycleHooks,
  instanceMetricNamespace,
  instanceMetrics,
  instanceRoles,
  parametersOf,
  queueMetrics,
  readsSecret,
  smokeProofs,
  valkeyMetrics,
  type ClusterParameter,
  type InstanceRole,
  type SmokeProof,
} from './contract';

/** The images that the factory bakes. */
export const imageKinds = ['manager', 'prover', 'bento'] as const;
export type ImageKind = (typeof imageKinds)[number];

/**
 * What a pointer means for an image: the one to run, which is the newest that was shared unless an operator has pinned
 * another; the newest that staging validated; the one that an operator has pinned, while there is a pin.
 */
export type PointerKind = 'latest' | 'validated' | 'pinned';

/** Tags that every image gets when it is baked, and again in each service account: an owner's tags are not seen there. */
export const imageTags = [
  'BrokerVersion',
  'BuildId',
  'Environment',
  'GitCommit',
  'Image',
  'InputsHash',
  'ManagedBy',
  'Name',
  'Project',
  'SourceAmi',
  'Version',
] as const;

/** Marks an image that an operator has withdrawn; its value is the reason. */
export const withdrawnTag = 'Withdrawn';

/** Whether a withdrawal was announced: `no` from its mark on, `yes` once it is complete. */
export const withdrawalAnnouncedTag = 'WithdrawalAnnounced';

/** The parameter of the ops account that names the image after which the next reconcile run goes on. */
export const reconcilePositionName = '/boundless/ami-sharing/reconcile-position';

/** Tags of an image by which the cleanup Lambda goes on in the next run; docs/retirement.md has their meaning. */
export const retirementTags = {
  disabledAt: 'RetirementDisabledAt',
  undoneAt: 'RetirementUndoneAt',
  protectedBy: 'RetirementProtectedBy',
} as const;

export const project = 'boundless-ami-factory';

export const codeBuildProjects = {
  packer: 'packer-build-project',
} as const;

export const functions = {
  sharing: 'packer-ami-sharing',
  notices: 'boundless-notices',
  cleanup: 'packer-ami-cleanup',
} as const;

/** Functions of a cluster, in its own account. */
export const clusterFunctions = {
  /** Makes and rotates the storage's keys; Secrets Manager calls it. */
  storageKeys: 'prover-cluster-storage-keys',
} as const;

/** Pipelines; schedules and notices know them by these names. */
export const pipelines = {
  packer: 'packer-pipeline',
  cluster: (environment: string) => `prover-cluster-${environment}`,
} as const;

/** What pipelines and the builds in `cli/delivery` exchange; docs/delivery.md has the values. */
export const deliveryVariables = {
  environment: 'ENVIRONMENT',
  serviceAccount: 'SERVICE_ACCOUNT_ID',
  /** Where an image is validated before other environments run it. */
  validatingEnvironment: 'PROVING_ENVIRONMENT',
  validatingAccount: 'PROVING_ACCOUNT_ID',
  /** Of the pipeline too: the caller that starts it may name images. */
  image: { manager: 'MANAGER_IMAGE_ID', prover: 'PROVER_IMAGE_ID' },
  /** What the plan's build exports. */
  headline: 'HEADLINE',
  summaryLink: 'SUMMARY_LINK',
  planSha256: 'PLAN_SHA256',
  /** Limits of a deployment; `config/ops.ts` has what they follow from. */
  planMaxAgeHours: 'PLAN_MAX_AGE_HOURS',
  rolloutMinutes: 'ROLLOUT_MINUTES',
} as const;

export const roles = {
  packerBuild: 'packer-build-role',
  packerBuilder: 'packer-builder-role',
  sharing: 'packer-ami-sharing-role',
  cleanup: 'packer-ami-cleanup-role',
  notices: 'boundless-notices-role',
  /** What people in the chat channel may do through Amazon Q: nothing but look at alarms. */
  chat: 'boundless-chat-role',
  deployment: 'boundless-deployment-role',
  plan: 'boundless-plan-role',
  publisher: 'packer-ami-publisher-role',
  /** Reads what an environment has validated, for the plans of those that run nothing else. */
  validatedReader: 'boundless-validated-reader-role',
  /** Looks for Auto Scaling's own role, and does nothing else. */
  launchReader: 'packer-ami-launch-reader-role',
  /** Reads what an account launches from, for the cleanup Lambda, and changes nothing. */
  usageReader: 'packer-ami-usage-reader-role',
  /** Pattern of the roles that the sharing Lambda acts with in service accounts. */
  sharingFamily: 'packer-ami-*-role',
  instance: (environment: string, role: InstanceRole) => `prover-cluster-${environment}-${role}-role`,
  flowLogs: (environment: string) => `prover-cluster-${environment}-flow-logs-role`,
  /** Makes snapshots of the manager's data volume. */
  snapshots: (environment: string) => `prover-cluster-${environment}-snapshots-role`,
  storageKeys: (environment: string) => `prover-cluster-${environment}-storage-keys-role`,
  /** The role of a CodeBuild project; those of the cluster pipelines are the only ones that may deploy. */
  codeBuild: (codeBuildProject: string) => `${codeBuildProject}-role`,
  packerPipeline: 'packer-pipeline-role',
  clusterPipeline: (environment: string) => `prover-cluster-${environment}-pipeline-role`,
  /** Starts a cluster's pipeline at its times. */
  clusterSchedule: (environment: string) => `prover-cluster-${environment}-schedule-role`,
  /** AWS's own roles, one per account: what Auto Scaling launches instances with, and EC2 spot capacity. */
  autoScaling: 'aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
  ec2Fleet: 'aws-service-role/ec2fleet.amazonaws.com/AWSServiceRoleForEC2Fleet',
  ec2Spot: 'aws-service-role/spot.amazonaws.com/AWSServiceRoleForEC2Spot',
} as const;

/** Roles that AWS itself acts with and policies name, with the services that they belong to. */
export const serviceLinkedServices = {
  ops: { AWSServiceRoleForEC2Fleet: 'ec2fleet.amazonaws.com', AWSServiceRoleForEC2Spot: 'spot.amazonaws.com' },
  serviceAccount: {
    AWSServiceRoleForAutoScaling: 'autoscaling.amazonaws.com',
    AWSServiceRoleForEC2Spot: 'spot.amazonaws.com',
  },
} as const;

export const policies = {
  /** The most that a role of a cluster may do, whatever policies it carries: one for each role. */
  boundary: (roleName: string) => roleName.replace(/-role$/, '-boundary'),
  /** The most that the user of the storage may do, whatever policies it carries. */
  storageBoundary: 'prover-cluster-storage-boundary',
  /** The most that the function which makes the storage's keys may do. */
  storageKeysBoundary: 'prover-cluster-storage-keys-boundary',
  /** What deploying its groups takes. */
  deploymentGroups: 'boundless-deployment-groups',
  /** What deploying its data volume and the snapshots of it takes. */
  deploymentData: 'boundless-deployment-data',
  /** What deploying a cluster's network takes; with it, the inline policy of the deployment role would be too long. */
  deploymentNetwork: 'boundless-deployment-network',
  /** What deploying a cluster's alarms takes: apart for the same reason. */
  deploymentAlarms: 'boundless-deployment-alarms',
} as const;

/** Builder instances reach Session Manager through this profile. */
export const packerBuilderProfile = 'packer-builder';

export const keyAliases = {
  ami: 'alias/boundless-ami',
  operations: 'alias/boundless-operations',
  cluster: (environment: string) => `alias/boundless-prover-cluster-${environment}`,
} as const;

/** The kind of image that instances of a role boot from. */
export const imageOfRole: Readonly<Record<InstanceRole, ImageKind>> = { manager: 'manager', prover: 'prover' };

/** What the factory publishes on the default event bus of the ops account; docs/sharing.md has the details' fields. */
export const outcomeEvents = {
  source: 'boundless.ami',
  shared: 'AMI Shared',
  failed: 'AMI Sharing Failed',
  withdrawn: 'AMI Withdrawn',
  found: 'AMI Drift Found',
  /** What a run of the cleanup Lambda came to; docs/retirement.md has the fields. */
  retired: 'AMI Retirement Report',
} as const;

/** Failed and undelivered events of a function. */
export const deadLetterQueue = (functionName: string): string => `${functionName}-dead-letters`;

export const topics = {
  /** CloudWatch alarms, and the budget's. */
  alarms: 'boundless-alarms',
  /** One message for each outcome: builds, sharing, deployments, approvals. */
  status: 'boundless-status',
  /** The alarms of a cluster, in its own account. */
  cluster: (environment: string) => `prover-cluster-${environment}-alarms`,
} as const;

export const budgets = { account: (environment: string) => `boundless-${environment}` } as const;

export const dashboards = {
  factory: 'boundless-ami-factory',
  cluster: (environment: string) => `prover-cluster-${environment}`,
} as const;

export const clusterProject = {
  deployment: (environment: string) => `prover-cluster-${environment}-deployment`,
  plan: (environment: string) => `prover-cluster-${environment}-plan`,
} as const;

/** Names of stacks, which are also the names in `cdktf deploy <stack>`. */
export const stacks = {
  ops: 'ops',
  serviceAccount: (environment: string) => environment,
  cluster: (environment: string) => `prover-cluster-${environment}`,
} as const;

/** The Terraform variable of a stack that names the role to act through. */
export const actAsVariable = 'act_as_role_arn';

/** Auto Scaling groups of a cluster; their group metrics are on, and dashboards find them by these names. */
export const scalingGroup = (environment: string, role: InstanceRole): string =>
  `${stacks.cluster(environment)}-${role}`;

/** How long a smoke test may take. By then it has given up (`smokeLimitMinutes`), its unit, and the document of Systems Manager. */
export const smokeMinutes = 45;

/** The document of Systems Manager that runs the smoke test on a manager, and nothing else. */
export const smokeDocument = (environment: string): string => `${stacks.cluster(environment)}-smoke`;

/** What the stack wants the groups to launch, which no instance reads (`config/rollout.ts` has its keys). */
export const rolloutParameter = (environment: string): string => `${clusterPath(environment)}/rollout`;

/** Bento's files: 63 characters at most, which is what S3 allows. */
export const storageBucket = (environment: string, accountId: string, region: string): string =>
  `${stacks.cluster(environment)}-${accountId}-${region}`;

export const logGroups = {
  /** What instances of a role write. */
  instance: instanceLogGroup,
  /** Who talked to whom in the network of a cluster. */
  flow: (environment: string) => `${clusterPath(environment)}/network`,
  codeBuild: (codeBuildProject: string) => `/aws/codebuild/${codeBuildProject}`,
  lambda: (functionName: string) => `/aws/lambda/${functionName}`,
  /** In us-east-1, wherever the channel's topics are. */
  chat: (configuration: string) => `/aws/chatbot/${configuration}`,
} as const;

/** All pointers live below this path, in each service account. */
export const pointerPath = '/boundless/ami';

/** The SSM parameter that names an image, data type `aws:ec2:image`. */
export const pointerName = (image: ImageKind, pointer: PointerKind): string => `${pointerPath}/${image}/${pointer}`;

/**
 * The SSM parameter of the images that an environment ran together and validated, `{"manager":"ami-...","prover":"ami-..."}`.
 * Production plans with these: the `validated` pointers of two kinds, read one after the other, may be of two deployments.
 */
export const validatedImagesName = `${pointerPath}/validated-images`;

/** Reports of the cleanup Lambda, in the ops account. */
export const retirementReports = {
  bucket: (accountId: string, region: string) => `boundless-retirement-reports-${accountId}-${region}`,
  /** @param time ISO 8601, in UTC: the reports of a day are together, in their order */
  key: (time: string, runId: string, dryRun: boolean) =>
    `${dryRun ? 'dry-run' : 'run'}/${time.slice(0, 10)}/${time.slice(11, 19).replaceAll(':', '')}-${runId}.json`,
  latest: (dryRun: boolean) => `${dryRun ? 'dry-run' : 'run'}/latest.json`,
} as const;

/** One state bucket per account: no shared blast radius. */
export const stateBucket = (accountId: string, region: string): string =>
  `boundless-terraform-state-${accountId}-${region}`;

export const stateKey = (stack: string): string => `${stack}.tfstate`;

export const arns = {
  alarm: (accountId: string, region: string, name: string) => `arn:aws:cloudwatch:${region}:${accountId}:alarm:${name}`,
  codeBuildProject: (accountId: string, region: string, name: string) =>
    `arn:aws:codebuild:${region}:${accountId}:project/${name}`,
  topic: (accountId: string, region: string, name: string) => `arn:aws:sns:${region}:${accountId}:${name}`,
  eventRule: (accountId: string, region: string, name: string) => `arn:aws:events:${region}:${accountId}:rule/${name}`,
  root: (accountId: string) => `arn:aws:iam::${accountId}:root`,
  role: (accountId: string, name: string) => `arn:aws:iam::${accountId}:role/${name}`,
  policy: (accountId: string, name: string) => `arn:aws:iam::${accountId}:policy/${name}`,
  user: (accountId: string, name: string) => `arn:aws:iam::${accountId}:user/${name}`,
  /** Secrets Manager adds a hyphen and six characters of its own to a name. */
  secret: (accountId: string, region: string, name: string) =>
    `arn:aws:secretsmanager:${region}:${accountId}:secret:${name}-??????`,
} as const;
