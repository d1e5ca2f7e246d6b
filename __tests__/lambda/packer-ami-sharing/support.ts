import { BatchGetBuildsCommand, CodeBuildClient, type EnvironmentVariable } from '@aws-sdk/client-codebuild';
import {
  CreateTagsCommand,
  DescribeImageAttributeCommand,
  DescribeImagesCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  EC2ServiceException,
  ModifyImageAttributeCommand,
  type Image,
  type Filter,
  type LaunchPermission,
  type Snapshot,
  type Tag,
} from '@aws-sdk/client-ec2';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { IAMClient } from '@aws-sdk/client-iam';
import { KMSClient } from '@aws-sdk/client-kms';
import { DeleteParameterCommand, GetParametersCommand, PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { mockClient } from 'aws-sdk-client-mock';
import type { Context } from 'aws-lambda';
import type { Clients } from '../../../lambda/packer-ami-sharing/clients';
import { standardPages, type Run } from '../../../lambda/packer-ami-sharing/run';
import { settingsFrom } from '../../../lambda/packer-ami-sharing/settings';
import type { Waits } from '../../../lambda/packer-ami-sharing/waits';

export const region = 'us-west-2';
export const opsAccount = '111111111111';
export const serviceAccounts = ['222222222222', '333333333333'];
export const imageKeyArn = `arn:aws:kms:${region}:${opsAccount}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
export const imageId = 'ami-1234567890abcdef0';
export const pointer = '/boundless/ami/manager/latest';
export const buildId = 'packer-build-project:8745a7a9-c340-456a-9166-edf953571bef';

export const environment = (accounts: readonly string[] = serviceAccounts) => ({
  OPS_ACCOUNT_ID: opsAccount,
  SERVICE_ACCOUNT_IDS: accounts.join(','),
  AMI_KEY_ARN: imageKeyArn,
  BUILD_PROJECT: 'packer-build-project',
});

export const context = {
  functionName: 'packer-ami-sharing',
  functionVersion: '$LATEST',
  awsRequestId: '5a3c7c1e-0000-4000-8000-000000000000',
  memoryLimitInMB: '256',
  getRemainingTimeInMillis: () => 900_000,
} as Context;

interface Variable {
  readonly name: string;
  readonly value: unknown;
}

const amiId = (value: unknown): Variable => ({ name: 'AMI_ID', value });

/** The documented event of a build, in full (AWS CodeBuild User Guide, "Build notifications input format reference"). */
export const codeBuildEvent = ({
  exported,
  variables = [],
  detail = {},
  ...envelope
}: {
  readonly exported?: readonly unknown[];
  readonly variables?: readonly unknown[];
  readonly detail?: Readonly<Record<string, unknown>>;
} & Readonly<Record<string, unknown>> = {}) => ({
  version: '0',
  id: 'c030038d-8c4d-6141-9545-00ff7b7153ea',
  'detail-type': 'CodeBuild Build State Change',
  source: 'aws.codebuild',
  account: opsAccount,
  time: '2026-09-01T16:14:28Z',
  region,
  resources: [`arn:aws:codebuild:${region}:${opsAccount}:build/${buildId}`],
  ...envelope,
  detail: {
    'build-status': 'SUCCEEDED',
    'project-name': 'packer-build-project',
    'build-id': `arn:aws:codebuild:${region}:${opsAccount}:build/${buildId}`,
    'additional-information': {
      artifact: { md5sum: 'da9c44c8a9a3cd4b443126e823168fEX', location: 'arn:aws:s3:::bucket/output.zip' },
      environment: {
        image: 'aws/codebuild/standard:7.0',
        'privileged-mode': false,
        'compute-type': 'BUILD_GENERAL1_SMALL',
        type: 'LINUX_CONTAINER',
        'environment-variables': variables,
      },
      ...(exported !== undefined && { 'exported-environment-variables': exported }),
      'timeout-in-minutes': 60,
      'build-complete': true,
      initiator: 'MyCodeBuildDemoUser',
      'build-start-time': 'Sep 1, 2026 4:12:29 PM',
      source: { location: 'https://github.com/boundless-xyz/ami-factory.git', type: 'GITHUB' },
      logs: { 'group-name': '/aws/codebuild/packer-build-project', 'stream-name': '8745a7a9' },
      phases: [{ 'phase-type': 'SUBMITTED', 'phase-status': 'SUCCEEDED', 'duration-in-seconds': 0 }],
    },
    'current-phase': 'COMPLETED',
    'current-phase-context': '[]',
    version: '1',
    ...detail,
  },
});

export const exportedBy = (...ids: readonly unknown[]) => codeBuildEvent({ exported: ids.map(amiId) });

/** The test event that an operator sends by hand. */
export const manualEvent = (id: unknown = imageId) => ({
  detail: { 'additional-information': { environment: { 'environment-variables': [amiId(id)] } } },
});

export const inputsHash = '4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945';

/** An image that keeps all rules. */
export const goodImage = (changes: Partial<Image> = {}): Image => ({
  ImageId: imageId,
  OwnerId: opsAccount,
  Name: 'boundless-manager-1.2.3-20260901161428',
  State: 'available',
  Public: false,
  CreationDate: '2026-09-01T16:10:00.000Z',
  ImdsSupport: 'v2.0',
  Tags: [
    { Key: 'ManagedBy', Value: 'packer' },
    { Key: 'Project', Value: 'boundless-ami-factory' },
    { Key: 'Image', Value: 'manager' },
    { Key: 'Version', Value: '1.2.3' },
    { Key: 'InputsHash', Value: inputsHash },
  ],
  BlockDeviceMappings: [
    { DeviceName: '/dev/sda1', Ebs: { SnapshotId: 'snap-1' } },
    { DeviceName: '/dev/sdb', VirtualName: 'ephemeral0' },
  ],
  ...changes,
});

export const goodSnapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  SnapshotId: 'snap-1',
  OwnerId: opsAccount,
  Encrypted: true,
  KmsKeyId: imageKeyArn,
  ...changes,
});

/** As AWS throws it. */
export const ec2Error = (name: string) =>
  new EC2ServiceException({ name, message: `${name} happened`, $fault: 'client', $metadata: {} });

const unseen: Waits['sleep'] = () => Promise.resolve();

/** Waits that take no time, with a few looks each. */
export const noWaits = (sleep: Waits['sleep'] = unseen): Waits => ({
  imageVisible: [1, 2],
  imageAvailable: [10, 20],
  launchPermission: [1, 2],
  tags: [5, 6],
  pointer: [3, 4],
  retry: [7, 8],
  sleep,
});

/** What the mocked accounts hold. Tests change it, and read from it what the function did. */
export interface MockedState {
  images: Image[];
  snapshots: Snapshot[];
  /** Of every image. */
  launchPermissions: LaunchPermission[];
  exportedVariables: EnvironmentVariable[];
  /** Pointers by account, then by name. */
  pointers: Record<string, Record<string, string>>;
  /** Tags that accounts gave to the image, by account. */
  tags: Record<string, Tag[]>;
  /** Accounts whose publisher role can't be taken. */
  closedAccounts: Set<string>;
  /** Whether what is written is kept. */
  keepsPermissions: boolean;
  keepsPointers: boolean;
  keepsTags: boolean;
}

const matches = ({ ImageId = '', State, Tags = [] }: Image, filters: readonly Filter[]): boolean =>
  filters.every(({ Name = '', Values = [] }) => {
    if (Name === 'image-id') return Values.includes(ImageId);
    if (Name === 'state') return Values.includes(State ?? '');
    return Tags.some(({ Key, Value = '' }) => Name === `tag:${Key ?? ''}` && Values.includes(Value));
  });

/** AWS as its API references describe it, as far as sharing uses it, for what the local AWS can't do. */
export function mockedAws(changes: Partial<MockedState> = {}) {
  const state: MockedState = {
    images: [goodImage()],
    snapshots: [goodSnapshot()],
    launchPermissions: [],
    exportedVariables: [{ name: 'AMI_ID', value: imageId }],
    pointers: {},
    tags: {},
    closedAccounts: new Set(),
    keepsPermissions: true,
    keepsPointers: true,
    keepsTags: true,
    ...changes,
  };
  const ec2Client = new EC2Client({ region });
  const codebuildClient = new CodeBuildClient({ region });
  const stsClient = new STSClient({ region });
  const eventsClient = new EventBridgeClient({ region });
  const [ec2, codebuild, sts] = [mockClient(ec2Client), mockClient(codebuildClient), mockClient(stsClient)];
  const events = mockClient(eventsClient);
  events.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: '1' }] });

  ec2.on(DescribeImagesCommand).callsFake(({ ImageIds, Filters = [] }: DescribeImagesCommand['input']) => {
    const Images = state.images.filter(
      (image) => matches(image, Filters) && (ImageIds === undefined || ImageIds.includes(image.ImageId ?? '')),
    );
    if (ImageIds !== undefined && Images.length === 0) throw ec2Error('InvalidAMIID.NotFound');
    return { Images };
  });
  ec2.on(DescribeSnapshotsCommand).callsFake(({ Filters: [filter] = [] }: DescribeSnapshotsCommand['input']) => ({
    Snapshots: state.snapshots.filter(({ SnapshotId = '' }) => filter?.Values?.includes(SnapshotId)),
  }));
  ec2.on(DescribeImageAttributeCommand).callsFake(() => ({ LaunchPermissions: state.launchPermissions }));
  ec2.on(ModifyImageAttributeCommand).callsFake(({ LaunchPermission }: ModifyImageAttributeCommand['input']) => {
    if (state.keepsPermissions) state.launchPermissions.push(...(LaunchPermission?.Add ?? []));
    return {};
  });
  codebuild.on(BatchGetBuildsCommand).callsFake(({ ids = [] }: BatchGetBuildsCommand['input']) => ({
    builds: ids.includes(buildId) ? [{ id: buildId, exportedEnvironmentVariables: state.exportedVariables }] : [],
  }));
  sts.on(AssumeRoleCommand).callsFake(({ RoleArn = '' }: AssumeRoleCommand['input']) => {
    const account = RoleArn.split(':')[4] ?? '';
    if (state.closedAccounts.has(account))
      throw Object.assign(new Error(`not authorized to perform: sts:AssumeRole on ${RoleArn}`), {
        name: 'AccessDenied',
      });
    return { Credentials: { AccessKeyId: 'ASIA', SecretAccessKey: 'secret', SessionToken: account } };
  });

  const puts: { readonly account: string; readonly input: PutParameterCommand['input'] }[] = [];
  const tagged: { readonly account: string; readonly input: CreateTagsCommand['input'] }[] = [];
  const inAccount: Clients['inAccount'] = ({ sessionToken: account }) => {
    const own = { ec2: new EC2Client({ region }), iam: new IAMClient({ region }), ssm: new SSMClient({ region }) };
    const ssm = mockClient(own.ssm);
    ssm.on(GetParametersCommand).callsFake(({ Names = [] }: GetParametersCommand['input']) => ({
      Parameters: Names.flatMap((Name) => {
        const Value = state.pointers[account]?.[Name];
        return Value === undefined ? [] : [{ Name, Value }];
      }),
    }));
    ssm.on(PutParameterCommand).callsFake((input: PutParameterCommand['input']) => {
      puts.push({ account, input });
      if (state.keepsPointers) state.pointers[account] = { ...state.pointers[account], [input.Name!]: input.Value! };
      return { Version: puts.length };
    });
    ssm.on(DeleteParameterCommand).callsFake(({ Name = '' }: DeleteParameterCommand['input']) => {
      state.pointers[account] = Object.fromEntries(
        Object.entries(state.pointers[account] ?? {}).filter(([name]) => name !== Name),
      );
      return {};
    });
    const accountEc2 = mockClient(own.ec2);
    accountEc2.on(DescribeImagesCommand).callsFake(({ Filters = [] }: DescribeImagesCommand['input']) => ({
      Images: state.images
        .filter((image) => matches(image, Filters) && state.launchPermissions.some(({ UserId }) => UserId === account))
        .map((image) => ({ ...image, Tags: state.tags[account] ?? [] })),
    }));
    accountEc2.on(CreateTagsCommand).callsFake((input: CreateTagsCommand['input']) => {
      tagged.push({ account, input });
      if (state.keepsTags) state.tags[account] = input.Tags ?? [];
      return {};
    });
    return own;
  };

  const clients: Clients = {
    ec2: ec2Client,
    codebuild: codebuildClient,
    sts: stsClient,
    events: eventsClient,
    kms: new KMSClient({ region }),
    ssm: new SSMClient({ region }),
    inAccount,
  };
  return {
    state,
    clients,
    ec2,
    codebuild,
    sts,
    puts,
    tagged,
    /** What the function published on the default event bus. */
    announced: () =>
      events.commandCalls(PutEventsCommand).flatMap(({ args: [{ input }] }) =>
        (input.Entries ?? []).map(({ Source, DetailType, Detail = '' }) => ({
          source: Source,
          type: DetailType,
          detail: JSON.parse(Detail) as Record<string, unknown>,
        })),
      ),
    /** The one kind of change in the ops account. */
    permissionChanges: () => ec2.commandCalls(ModifyImageAttributeCommand).map(({ args: [command] }) => command.input),
    /** Calls that change anything, in any account. */
    changes: () => ec2.commandCalls(ModifyImageAttributeCommand).length + puts.length + tagged.length,
  };
}
export type MockedAws = ReturnType<typeof mockedAws>;

/** A run with these accounts configured. */
export const runOf = (
  { clients }: Pick<MockedAws, 'clients'>,
  { accounts = serviceAccounts, ...changes }: Partial<Run> & { readonly accounts?: readonly string[] } = {},
): Run => ({
  clients,
  settings: settingsFrom(environment(accounts)),
  waits: noWaits(),
  dryRun: false,
  pages: standardPages,
  mayBegin: () => true,
  ...changes,
});
