import { DescribeImagesCommand, DescribeInstancesCommand, EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import { CreateBucketCommand, GetObjectCommand, S3Client, type BucketLocationConstraint } from '@aws-sdk/client-s3';
import { factory } from '../../config';
import { functions, project, retirementReports } from '../../config/names';
import { reportLines } from '../../cli/retirement/table';
import type { Report } from '../../lambda/packer-ami-cleanup/report/report';
import type { LocalAws } from '../local-aws';
import { expectEqual } from './expect';
import { invoke, resultOf, unpack, type Invocation, type LambdaSettings } from './lambda-process';
import { makeImage } from './made-image';
import type { Rehearsal } from './report';
import { ownedImage } from './shared-image';
import { resolveReferences, type WrittenStack } from './stack';

export interface RetirementStage {
  readonly rehearsal: Rehearsal;
  readonly aws: LocalAws;
  readonly opsStack: WrittenStack;
  readonly imageKeyArn: string;
  /** Where the function is unpacked. */
  readonly directory: string;
  /** Invokes the sharing Lambda with the event of an image. */
  readonly share: (imageId: string) => Promise<Invocation>;
}

const { ops, environments } = factory;
const kind = 'bento';
const sharedWith = environments.map(({ accountId }) => accountId);

/** Retires images months later: what is used in a service account stays, and one is brought back. */
export async function retireOld(stage: RetirementStage): Promise<void> {
  const { rehearsal, aws, opsStack, imageKeyArn, share } = stage;
  const settings = await aws.clientSettings(ops.accountId);
  const ec2 = new EC2Client(settings);
  const bucket = retirementReports.bucket(ops.accountId, ops.region);
  const s3 = new S3Client({ ...settings, forcePathStyle: true });
  const [user = ''] = sharedWith;

  const { code, lambda } = await rehearsal.step('unpack the cleanup Lambda', async () => {
    const LocationConstraint = ops.region as BucketLocationConstraint;
    await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint } }));
    const archive = opsStack.file(opsStack.text('aws_lambda_function', 'Retirement_Function', 'filename'));
    return {
      code: await unpack(archive, stage.directory),
      lambda: lambdaOf(opsStack, bucket, await aws.environment(ops.accountId)),
      details: 'keeps the newest image of each kind',
    };
  });
  const runAfter = async (days: number, command: object = { command: 'retire' }) =>
    resultOf(await invoke(code, { ...lambda, daysAhead: days }, command, rehearsal.signal));
  const report = async (dryRun = false): Promise<Report> => {
    const stored = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: retirementReports.latest(dryRun) }));
    return JSON.parse((await stored.Body?.transformToString()) ?? '') as Report;
  };
  const outcomes = async (imageIds: readonly string[], dryRun = false) => {
    const { images } = await report(dryRun);
    return imageIds.map((id) => images.find(({ imageId }) => imageId === id)?.outcome);
  };
  const stateOf = async (imageId: string) => {
    const { Images: [image] = [] } = await ec2.send(
      new DescribeImagesCommand({ Filters: [{ Name: 'image-id', Values: [imageId] }], IncludeDisabled: true }),
    );
    return image?.State;
  };

  const { old, used, spare } = await rehearsal.step('have old images', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const tags = {
        Project: project,
        ManagedBy: 'packer',
        Image: kind,
        Version: 'v1.2.2',
        InputsHash: 'a'.repeat(64),
      };
      const name = `boundless-${kind}-v1.2.2-2026100100000${n}`;
      ids.push(await makeImage(settings, { name, keyArn: imageKeyArn, tags }));
      resultOf(await share(ids[n] ?? ''));
    }
    const [first = '', second = '', third = ''] = ids;
    await new EC2Client(await aws.clientSettings(user)).send(
      new RunInstancesCommand({ ImageId: second, MinCount: 1, MaxCount: 1 }),
    );
    return { old: first, used: second, spare: third, details: `${ids.length}, one with an instance in ${user}` };
  });

  await rehearsal.step('report what would be retired', async () => {
    await runAfter(60, { command: 'retire', dryRun: true });
    expectEqual('outcomes', await outcomes([old, used, spare], true), ['deprecate', 'keep', 'deprecate']);
    const [why] = (await report(true)).images.flatMap(({ imageId, usedBy }) => (imageId === used ? usedBy : []));
    expectEqual('what keeps the used one', why?.startsWith(`${user} instance i-`), true);
    expectEqual('state', await stateOf(old), 'available');
    return { details: reportLines(await report(true), false)[0] ?? '' };
  });

  await rehearsal.step('end what a dead build left', async () => {
    const Tags = Object.entries({ Project: project, ManagedBy: 'packer', BuildId: 'packer-build-project:dead' }).map(
      ([Key, Value]) => ({ Key, Value }),
    );
    const TagSpecifications = [{ ResourceType: 'instance' as const, Tags }];
    const { Instances: [left] = [] } = await ec2.send(
      new RunInstancesCommand({ ImageId: old, MinCount: 1, MaxCount: 1, TagSpecifications }),
    );
    const InstanceIds = [left?.InstanceId ?? ''];
    await runAfter(60);
    expectEqual('outcomes', await outcomes([old, used, spare]), ['keep', 'keep', 'deprecate']);
    const { Reservations: [reservation] = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds }));
    expectEqual('state of the builder', reservation?.Instances?.[0]?.State?.Name, 'terminated');
    return { details: `${InstanceIds.join()}; until then it kept its image` };
  });

  await rehearsal.step('deprecate and disable', async () => {
    await runAfter(60);
    await runAfter(91);
    expectEqual('outcomes', await outcomes([old, used, spare]), ['disable', 'keep', 'disable']);
    const states = [await stateOf(old), await stateOf(spare), await stateOf(used)];
    expectEqual('states', states, ['disabled', 'disabled', 'available']);
    const { failedSources, problems } = (await report()).summary;
    expectEqual('problems', [failedSources, problems], [[], []]);
    return { details: `${old} and ${spare}; ${used} stays for its instance in ${user}` };
  });

  await rehearsal.step('undo a phase', async () => {
    await runAfter(91, { command: 'undo', imageId: old });
    resultOf(await share(old));
    const { image, launchPermissions } = await ownedImage(settings, old);
    expectEqual('state', [image.State, image.DeprecationTime], ['available', undefined]);
    expectEqual('launch permissions', launchPermissions, [...sharedWith].sort());
    return { details: `${old} can be launched in ${sharedWith.length} accounts again` };
  });

  await rehearsal.step('deregister', async () => {
    await runAfter(122);
    expectEqual('outcomes', await outcomes([old, used, spare]), ['deprecate', 'keep', 'deregister']);
    expectEqual('states', [await stateOf(spare), await stateOf(old)], [undefined, 'available']);
    return { details: `${spare} with its snapshot; ${reportLines(await report(), false)[0] ?? ''}` };
  });
}

/** The function as the stack configures it, but that it keeps one image of each kind: few have to be made. */
function lambdaOf(
  opsStack: WrittenStack,
  bucket: string,
  credentials: Readonly<Record<string, string>>,
): LambdaSettings {
  const {
    environment,
    handler,
    memory_size: memorySize,
  } = opsStack.resource('aws_lambda_function', 'Retirement_Function');
  const { variables } = environment as { variables: Record<string, string> };
  const values = new Map([[/^aws_s3_bucket\.Retirement_Reports_\w+\.bucket$/, bucket]]);
  const resolved = Object.entries(variables).map(([name, value]) => [name, resolveReferences(value, values)]);
  const given = Object.fromEntries(resolved) as Record<string, string>;
  const policy = JSON.parse(given['RETIREMENT'] ?? '') as object;
  return {
    functionName: functions.cleanup,
    handler: String(handler),
    memorySize: Number(memorySize),
    environment: { ...given, RETIREMENT: JSON.stringify({ ...policy, keepNewest: 1 }), ...credentials },
  };
}
