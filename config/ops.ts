import type { OpsConfig } from './schema';

/** The ops account: builds, encrypts and shares the images. */
export const ops = {
  accountId: '111111111111',
  region: 'us-west-2',
  state: { previousVersionsDays: 90 },
  logRetentionDays: 90,
  monthlyBudgetUsd: null,
  notifications: { alarmEmails: [], statusEmails: [], slack: null },
  monitoring: { longBuildMinutes: 120, lateSharingMinutes: 30, staleImageDays: 30, stuckApprovalHours: 8 },
  repository: {
    url: 'https://github.com/boundless-xyz/ami-factory.git',
    branch: 'main',
    connectionArn: null,
  },
  build: {
    computeType: 'BUILD_GENERAL1_SMALL',
    timeoutMinutes: 180,
    instanceTypes: { manager: 'c7a.4xlarge', prover: 'g6.xlarge', bento: 'g6.xlarge' },
    spot: true,
    subnetId: null,
    boundlessVersion: 'latest',
    brokerVersion: null,
    brokerSha256: null,
  },
  delivery: {
    validatingEnvironment: 'staging',
    schedule: { expression: 'cron(0 10 * * ? *)', timeZone: 'UTC' },
    approvalTimeoutMinutes: 24 * 60,
    deploymentTimeoutMinutes: 300,
    artifactRetentionDays: 30,
  },
  sharing: { reconcileEveryMinutes: 60 },
  retirement: {
    dryRun: false,
    keepNewest: 5,
    minimumAgeDays: 30,
    lastLaunchedDays: 30,
    supersededDays: 14,
    deprecatedDays: 30,
    disabledDays: 30,
    changesPerRun: 50,
    templateVersions: 3,
    leftoverHours: 24,
    recycleBinDays: null,
  },
} as const satisfies OpsConfig;
