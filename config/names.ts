/**
 * Every name that crosses a boundary: between accounts, between a stack and a script, between the factory and the
 * people who read its logs. Across accounts nothing reads another stack's state, so these names are the contract.
 */

/** The images that the factory bakes. */
export const imageKinds = ['manager', 'prover', 'bento'] as const;
export type ImageKind = (typeof imageKinds)[number];

/**
 * What a pointer says of an image: the one to run, which is the newest that was shared unless an operator has pinned
 * another; the newest that staging proved; the one that an operator has pinned, while there is a pin.
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

/** The parameter of the ops account that says after which image the next reconcile run goes on. */
export const reconcilePositionName = '/boundless/ami-sharing/reconcile-position';

/** The roles that a machine of a cluster can have. */
export const nodeRoles = ['manager', 'prover'] as const;
export type NodeRole = (typeof nodeRoles)[number];

export const project = 'boundless-ami-factory';

export const codeBuildProjects = {
  packer: 'packer-build-project',
} as const;

export const functions = {
  sharing: 'packer-ami-sharing',
  notices: 'boundless-notices',
} as const;

/** Functions of a cluster, in its own account. */
export const clusterFunctions = {
  /** Makes and rotates the storage's keys; Secrets Manager calls it. */
  storageKeys: 'prover-cluster-storage-keys',
} as const;

/** Retires old images; the dashboard and its alarm know it by these names (docs/monitoring.md has the metrics). */
export const cleanupFunction = 'packer-ami-cleanup';

/** Pipelines; the schedule and the promotion know them by these names. */
export const pipelines = {
  packer: 'packer-pipeline',
  cluster: (environment: string) => `prover-cluster-${environment}`,
} as const;

/** A pipeline's artifacts lie in a bucket of its own: 58 characters at most, of the 63 that S3 allows. */
export const artifactBucket = (pipeline: string, accountId: string): string => `${pipeline}-artifacts-${accountId}`;

/** The artifact that carries a saved plan from its build to the one that applies it. */
export const planArtifact = 'plan';

/** What pipelines and the builds in `tools/delivery` say to each other; docs/delivery.md has the values. */
export const deliveryVariables = {
  environment: 'ENVIRONMENT',
  serviceAccount: 'SERVICE_ACCOUNT_ID',
  /** Where an image is proved before other environments run it. */
  provingEnvironment: 'PROVING_ENVIRONMENT',
  provingAccount: 'PROVING_ACCOUNT_ID',
  /** Of the pipeline too: whoever starts it may name images. */
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
  notices: 'boundless-notices-role',
  /** What people in the chat channel may do through Amazon Q: nothing but look at alarms. */
  chat: 'boundless-chat-role',
  deployment: 'boundless-deployment-role',
  plan: 'boundless-plan-role',
  publisher: 'packer-ami-publisher-role',
  /** Reads what an environment has proved, for the plans of those that run nothing else. */
  validatedReader: 'boundless-validated-reader-role',
  /** Looks for Auto Scaling's own role, and does nothing else. */
  launchReader: 'packer-ami-launch-reader-role',
  /** Pattern of the roles that the sharing Lambda acts with in service accounts. */
  sharingFamily: 'packer-ami-*-role',
  node: (environment: string, role: NodeRole) => `prover-cluster-${environment}-${role}-role`,
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
  /** The most that any role of a cluster may do, whatever policies it carries. */
  nodeBoundary: 'prover-cluster-node-boundary',
  /** The most that the user of the storage may do, whatever policies it carries. */
  storageBoundary: 'prover-cluster-storage-boundary',
  /** The most that the function which makes the storage's keys may do. */
  storageKeysBoundary: 'prover-cluster-storage-keys-boundary',
  /** What deploying a cluster's secrets and storage takes: apart for the same reason as the network. */
  deploymentStorage: 'boundless-deployment-storage',
  /** What deploying the storage's user takes, and the function that makes its keys. */
  deploymentStorageKeys: 'boundless-deployment-storage-keys',
  /** What deploying its groups takes. */
  deploymentGroups: 'boundless-deployment-groups',
  /** What deploying its data volume and the snapshots of it takes. */
  deploymentData: 'boundless-deployment-data',
  /** What deploying a cluster's network takes; with it, the inline policy of the deployment role would be too long. */
  deploymentNetwork: 'boundless-deployment-network',
  /** What deploying a cluster's alarms takes: apart for the same reason. */
  deploymentAlarms: 'boundless-deployment-alarms',
} as const;

/** Builder machines reach Session Manager through this profile. */
export const packerBuilderProfile = 'packer-builder';

export const keyAliases = {
  ami: 'alias/boundless-ami',
  operations: 'alias/boundless-operations',
  cluster: (environment: string) => `alias/boundless-prover-cluster-${environment}`,
} as const;

/** How the machine image is named inside `config/`: the pointers that a node of this role boots from. */
export const imageOfRole: Readonly<Record<NodeRole, ImageKind>> = { manager: 'manager', prover: 'prover' };

/** What the factory says on the default event bus of the ops account; docs/sharing.md has the details' fields. */
export const outcomeEvents = {
  source: 'boundless.ami',
  shared: 'AMI Shared',
  failed: 'AMI Sharing Failed',
  withdrawn: 'AMI Withdrawn',
  found: 'AMI Drift Found',
} as const;

/** Rules whose events become notices. */
export const noticeRules = {
  builds: 'boundless-notices-builds',
  sharing: 'boundless-notices-sharing',
  pipelines: 'boundless-notices-pipelines',
  deployments: 'boundless-notices-deployments',
  approvals: 'boundless-notices-approvals',
  /** Looks every few minutes for approvals that wait. */
  watch: 'boundless-notices-watch',
} as const;

/** Namespace of what functions measure: dimension `service` is the function's name. */
export const metricNamespace = 'BoundlessAmiFactory';

/** What functions measure that alarms and dashboards show; docs/monitoring.md has their meaning and units. */
export const functionMetrics = {
  [functions.sharing]: [
    'AccountsShared',
    'AccountsFailed',
    'ShareSeconds',
    'Failures',
    'DriftFound',
    'DriftRepaired',
    'PublicImages',
    'ImagesLeft',
    'LaunchProblems',
  ],
  [functions.notices]: ['ApprovalHours', 'Failures'],
  [cleanupFunction]: ['ImagesRetained', 'ImagesReclaimed', 'CleanupFailures'],
} as const;

/** What functions measure for each kind of image: dimensions `service` and `Image`. */
export const imageMetrics = {
  [functions.sharing]: ['LatestImageAgeDays', 'ValidatedImageAgeDays'],
  [functions.notices]: ['BuildSeconds', 'BuildSucceeded', 'ImageReused'],
} as const;

/** Events that wait for a function. */
export const eventQueue = (functionName: string): string => `${functionName}-events`;

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

/** The channel in Amazon Q Developer in chat applications. */
export const slackChannelConfiguration = 'boundless-ami-factory';

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
export const scalingGroup = (environment: string, role: NodeRole): string => `${stacks.cluster(environment)}-${role}`;

/** Alarms that only Auto Scaling listens to. */
export const scalingAlarms = (environment: string) =>
  ({
    out: `${scalingGroup(environment, 'prover')}-scale-out`,
    in: `${scalingGroup(environment, 'prover')}-scale-in`,
  }) as const;

/** What a smoke test makes: a STARK proof and its Groth16 proof, as orders need it, or the STARK proof alone. */
export const smokeProofs = ['groth16', 'stark'] as const;
export type SmokeProof = (typeof smokeProofs)[number];

/** How long a smoke test may take: the test itself gives up after 30 minutes (scripts/boot/smoke.py). */
export const smokeMinutes = 45;

/** The document of Systems Manager that runs the smoke test on a manager, and nothing else. */
export const smokeDocument = (environment: string): string => `${stacks.cluster(environment)}-smoke`;

/** Everything that the machines of a cluster read at boot lives below this path; the boot code builds the same names. */
export const clusterPath = (environment: string): string => `/boundless/${environment}/prover-cluster`;

/** SSM parameters below `clusterPath`: what the stack says to its machines (docs/boot.md has their keys). */
export const clusterParameters = ['settings', 'broker'] as const;
export type ClusterParameter = (typeof clusterParameters)[number];

/** What the stack wants the groups to launch, which no machine reads (`config/rollout.ts` has its keys). */
export const rolloutParameter = (environment: string): string => `${clusterPath(environment)}/rollout`;

/** Bento's files: 63 characters at most, which is what S3 allows. */
export const storageBucket = (environment: string, accountId: string, region: string): string =>
  `${stacks.cluster(environment)}-${accountId}-${region}`;

/** Bento takes static keys and nothing else (bento.md 1.3): this IAM user owns them, and nothing but the storage. */
export const storageUser = (environment: string): string => `${stacks.cluster(environment)}-storage`;

/** Secrets of Secrets Manager below `clusterPath`, with the roles of machines that read them. */
export const clusterSecrets = {
  'database-password': ['manager', 'prover'],
  'valkey-password': ['manager', 'prover'],
  storage: ['manager', 'prover'],
  'wallet-key': ['manager'],
  'rpc-urls': ['manager'],
  'order-stream-url': ['manager'],
} as const satisfies Readonly<Record<string, readonly NodeRole[]>>;
export type ClusterSecret = keyof typeof clusterSecrets;

/** Secrets that the stack makes up itself. */
export const generatedSecrets = ['database-password', 'valkey-password'] as const satisfies readonly ClusterSecret[];

/** Secrets that somebody has to put in: `npm run secrets`. */
export const operatorSecrets = [
  'wallet-key',
  'rpc-urls',
  'order-stream-url',
] as const satisfies readonly ClusterSecret[];

/** A cluster works without these. */
export const optionalSecrets = ['order-stream-url'] as const satisfies readonly ClusterSecret[];

/** Lifecycle hooks of the machines' groups: the boot code completes them. */
export const lifecycleHooks = { launch: 'bento-launch', terminate: 'bento-terminate' } as const;

/** Namespace of what machines measure of themselves: dimensions `Environment` and `Role`. */
export const nodeMetricNamespace = 'BoundlessProverCluster';

/** What machines measure: bytes of memory, and how full `/` and the data volume are, from 0 to 1 (`Mountpoint`). */
export const nodeMetrics = ['MemoryAvailable', 'MemoryTotal', 'FilesystemUsed'] as const;

/** What machines with a GPU measure, in percent; their temperature, in degrees Celsius, as `GpuTemperature`. */
export const gpuMetrics = ['GpuUtilization', 'GpuMemoryUtilization'] as const;

/**
 * What the manager measures of Bento's task database, each minute: tasks that nobody has taken, tasks that are worked on,
 * and for how many seconds the oldest of the first has waited; 0 when there is none.
 */
export const queueMetrics = ['QueuedTasks', 'RunningTasks', 'QueueAgeSeconds'] as const;

/** What the manager measures of Valkey, each minute: the part of its memory limit that is taken, from 0 to 1. */
export const valkeyMetrics = ['ValkeyMemoryUsed'] as const;

/** The folder of the manager's data volume; `FilesystemUsed` measures it as its own `Mountpoint`. */
export const dataMountpoint = '/var/lib/bento';

/** Alarms of a cluster; docs/cluster-alarms.md says what each means. */
export const clusterAlarms = [
  'no-manager',
  'manager-silent',
  'provers-short',
  'manager-boot-failures',
  'prover-boot-failures',
  'manager-services-failing',
  'prover-services-failing',
  'manager-agent-errors',
  'prover-agent-errors',
  'prover-gpu-failures',
  'gpus-idle',
  'queue-old',
  'manager-disk',
  'manager-data-disk',
  'prover-disk',
  'manager-memory',
  'prover-memory',
  'manager-valkey-memory',
  'manager-secrets-stale',
  'prover-secrets-stale',
  'gas-low',
  'gas-out',
  'collateral-low',
  'collateral-out',
] as const;

/** Families of errors that the broker logs by code; `constructs/cluster/alarms/broker-errors.ts` has the codes. */
export const brokerErrorFamilies = [
  'faults',
  'restarts',
  'unexpected',
  'database',
  'expired',
  'late',
  'proving',
  'submission',
  'confirmation',
  'locking',
  'rpc',
  'order-stream',
  'downloads',
  'cancellation',
] as const;
export type BrokerErrorFamily = (typeof brokerErrorFamilies)[number];

/** What people hear of a cluster beside the balances: each speaks for several of the others. */
export const clusterVoices = [
  'manager-unhealthy',
  'provers-unhealthy',
  'agents-failing',
  'work-waiting',
  'machines-filling',
  'secrets-stale',
  'broker-unhealthy',
] as const;

export type ClusterAlarm =
  (typeof clusterAlarms)[number] | (typeof clusterVoices)[number] | `broker-${BrokerErrorFamily}`;

export const clusterAlarm = (environment: string, alarm: ClusterAlarm): string =>
  `${stacks.cluster(environment)}-${alarm}`;

/**
 * Alarms that take back a refresh of a role's Auto Scaling group. They are known by their names, so that a group needs no
 * alarm and an alarm no group; docs/cluster-alarms.md says why these and no others.
 */
export const rollbackAlarms = (environment: string): Readonly<Record<NodeRole, readonly string[]>> => ({
  manager: [clusterAlarm(environment, 'manager-boot-failures'), clusterAlarm(environment, 'manager-services-failing')],
  prover: [clusterAlarm(environment, 'prover-boot-failures'), clusterAlarm(environment, 'prover-services-failing')],
});

/**
 * What is counted in the logs for an alarm, such as `ManagerBootFailures`. It has no dimensions: an account holds one
 * cluster, and the fields of a log line are all that a metric filter knows.
 */
export const logMetric = (alarm: ClusterAlarm): string =>
  alarm.replace(/(?:^|-)([a-z])/g, (_, letter: string) => letter.toUpperCase());

export const logGroups = {
  /** What machines of a role write; `bento-logs.service` ships it. */
  node: (environment: string, role: NodeRole) => `${clusterPath(environment)}/${role}`,
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
