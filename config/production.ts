import type { EnvironmentConfig } from './schema';

/** Production: runs only image ids that staging validated and a person approved. */
export const production = {
  environment: 'production',
  accountId: '333333333333',
  region: 'us-west-2',
  state: { previousVersionsDays: 365 },
  logRetentionDays: 365,
  monthlyBudgetUsd: null,
  notifications: { alarmEmails: [] },
  followsLatest: false,
  approval: true,
  // Canonical's account, and Amazon's own.
  allowedImages: { state: 'audit-mode', providers: ['099720109477', 'amazon'] },
  // Administrators of IAM Identity Center, and of AWS Organizations.
  administratorRoles: [
    'aws-reserved/sso.amazonaws.com/*AWSReservedSSO_AdministratorAccess_*',
    'OrganizationAccountAccessRole',
  ],
  smoke: 'groth16',
  network: {
    kind: 'own',
    vpcCidr: '10.30.0.0/16',
    subnets: [
      { zone: 'a', cidr: '10.30.0.0/20' },
      { zone: 'b', cidr: '10.30.16.0/20' },
      { zone: 'c', cidr: '10.30.32.0/20' },
    ],
    natSubnets: [
      { zone: 'a', cidr: '10.30.240.0/28' },
      { zone: 'b', cidr: '10.30.240.16/28' },
      { zone: 'c', cidr: '10.30.240.32/28' },
    ],
    managerAddress: '10.30.0.10',
    interfaceEndpoints: ['ssm', 'ssmmessages', 'ec2messages', 'secretsmanager', 'logs'],
  },
  manager: {
    instanceType: 'c7a.4xlarge',
    rootVolumeGiB: 100,
    desired: 1,
    refresh: { bakeMinutes: 30 },
    dataVolume: { sizeGiB: 500, snapshots: 30, restoredFrom: [] },
  },
  prover: {
    instanceTypes: ['g6.xlarge', 'g6.2xlarge', 'g5.xlarge', 'g6e.xlarge'],
    rootVolumeGiB: 100,
    min: 1,
    desired: 4,
    max: 100,
    volumeInitializationRate: 300,
    onDemand: { base: 4, percentAboveBase: 0 },
    // New instances first where there is capacity, and without it one of ten in place of an old one.
    refresh: { bakeMinutes: 30, minHealthyPercentage: 90, maxHealthyPercentage: 120, checkpoints: [20, 50, 100] },
    scaling: { tasksPerProver: 4, idleMinutes: 30 },
  },
  bento: {
    segmentPo2: 21,
    snarkTimeoutSeconds: 180,
    logLevel: 'info',
    executors: null,
    povwLogId: null,
    deployment: null,
  },
  // Your own prices and limits: those of the template take few orders (docs/market.md).
  broker: { releases: { from: 'v1.2.0', to: 'v1.2.2' }, market: {}, prover: {}, batcher: {} },
  secrets: { passwordVersions: { database: 1, valkey: 1 }, recoveryDays: 30 },
  storage: { keyRotationDays: 30, inputDays: 1, workDays: 7 },
  alarms: {
    noManagerMinutes: 45,
    managerSilentMinutes: 45,
    proversShort: { minutes: 60, belowPercent: 90 },
    proverBootFailures: 2,
    gpusIdleMinutes: 30,
    queueAgeMinutes: 30,
    diskPercent: 80,
    memoryMiB: 512,
  },
} as const satisfies EnvironmentConfig;
