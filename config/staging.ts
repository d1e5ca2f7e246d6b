import type { EnvironmentConfig } from './schema';

/** Staging: runs the newest shared image, and validates it. */
export const staging = {
  environment: 'staging',
  accountId: '222222222222',
  region: 'us-west-2',
  state: { previousVersionsDays: 90 },
  logRetentionDays: 30,
  monthlyBudgetUsd: null,
  notifications: { alarmEmails: [] },
  followsLatest: true,
  // A commit on main is deployed here by itself: keep little in this wallet, or set this to true.
  approval: false,
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
    vpcCidr: '10.20.0.0/16',
    subnets: [
      { zone: 'a', cidr: '10.20.0.0/20' },
      { zone: 'b', cidr: '10.20.16.0/20' },
      { zone: 'c', cidr: '10.20.32.0/20' },
    ],
    natSubnets: [{ zone: 'a', cidr: '10.20.240.0/28' }],
    managerAddress: '10.20.0.10',
    interfaceEndpoints: [],
  },
  manager: {
    instanceType: 'c7a.4xlarge',
    rootVolumeGiB: 100,
    desired: 1,
    refresh: { bakeMinutes: 10 },
    dataVolume: { sizeGiB: 200, snapshots: 7, restoredFrom: [] },
  },
  prover: {
    instanceTypes: ['g6.xlarge', 'g6.2xlarge', 'g5.xlarge'],
    rootVolumeGiB: 100,
    min: 0,
    desired: 1,
    max: 4,
    volumeInitializationRate: null,
    onDemand: { base: 0, percentAboveBase: 0 },
    // A new instance is in service before the old one ends.
    refresh: { bakeMinutes: 10, minHealthyPercentage: 100, maxHealthyPercentage: 200, checkpoints: [100] },
    scaling: null,
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
    proversShort: { minutes: 60, belowPercent: 100 },
    proverBootFailures: 2,
    gpusIdleMinutes: 30,
    queueAgeMinutes: 60,
    diskPercent: 80,
    memoryMiB: 512,
  },
} as const satisfies EnvironmentConfig;
