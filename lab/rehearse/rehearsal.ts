import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { factory } from '../../config';
import { codeBuildProjects, functions, imageKinds, stacks, type ImageKind } from '../../config/names';
import { allEnded } from '../common/all-ended';
import { bake } from '../local-bake';
import { startLocalAws, type LocalAws } from '../local-aws';
import { bootstrapLocal, deployOps, deployServiceAccount } from './accounts';
import { buildEvent } from './build-event';
import { expectEqual } from './expect';
import { invoke, resultOf, unpack, type LambdaSettings } from './lambda-process';
import { deliverShared } from './delivery';
import type { Rehearsal } from './report';
import { retireOld } from './retirement';
import { matches } from './rule';
import { latest, ownedImage, sees } from './shared-image';
import { liveShared } from './sharing-life';
import { resolveReferences, synthesize, type WrittenStack } from './stack';

/** An account that no image is shared with. */
const strangerAccountId = '999999999999';

export interface RehearsalOptions {
  /** A folder of its own, that the caller removes. */
  readonly directory: string;
  /** Called with installations and the like. */
  readonly log: (line: string) => void;
}

/** Lives the life of an image on a local AWS: from the bake to production, and what can happen to it on the way. */
export async function rehearse(rehearsal: Rehearsal, options: RehearsalOptions): Promise<void> {
  const { ops, environments } = factory;
  const { aws } = await rehearsal.step('start the local AWS', async () => {
    const server = await startLocalAws(ops.region, options.log);
    return { aws: server, details: `${environments.length + 1} accounts at ${server.endpoint}` };
  });
  try {
    await inAws(rehearsal, aws, options);
  } finally {
    await aws.stop();
  }
}

async function inAws(rehearsal: Rehearsal, aws: LocalAws, { directory, log }: RehearsalOptions): Promise<void> {
  const { signal } = rehearsal;
  const { ops, environments } = factory;
  const serviceAccountIds = environments.map(({ accountId }) => accountId);
  const settings = await aws.clientSettings(ops.accountId);

  const { stackNamed } = await rehearsal.step('synthesize', async () => {
    const written = await synthesize(path.join(directory, 'cdktf.out'));
    const named = (name: string): WrittenStack => {
      const stack = written.get(name);
      if (stack === undefined) throw new Error(`there is no stack ${name}`);
      return stack;
    };
    return { stackNamed: named, details: `${written.size} stacks` };
  });
  const opsStack = stackNamed(stacks.ops);
  await rehearsal.step('bootstrap each account', async () => {
    const names = [stacks.ops, ...environments.map(({ environment }) => environment)];
    for (const environment of names) await bootstrapLocal(aws, environment);
    const again = await Promise.all(names.map((environment) => bootstrapLocal(aws, environment)));
    expectEqual(
      'changes of a second run',
      again,
      names.map(() => 0),
    );
    return { details: `${names.length} state buckets; a second run changes nothing` };
  });
  const { imageKeyArn } = await rehearsal.step('make what ops holds', async () => {
    const account = await deployOps(opsStack, settings);
    return { ...account, details: `key ${account.imageKeyArn.split('/')[1] ?? ''}` };
  });
  await rehearsal.step('make what service accounts hold', async () => {
    for (const { environment, accountId } of environments)
      await deployServiceAccount(
        stackNamed(stacks.serviceAccount(environment)),
        await aws.clientSettings(accountId),
        imageKeyArn,
      );
    return { details: `key grants of ${environments.length} accounts` };
  });

  let bakes = 0;
  const bakeAnother = async (image: ImageKind): Promise<string> => {
    const work = path.join(directory, 'bake', `${image}-${bakes++}`);
    await mkdir(work, { recursive: true });
    const environment = await aws.environment(ops.accountId);
    // A release, as the pipeline resolves it before each build: environments take only those that they are checked for.
    const variables = { boundless_version: 'v1.2.2' };
    const options = { image, endpoint: aws.endpoint, environment, workDirectory: work, log, signal, variables };
    return (await bake(options)).imageId;
  };
  const bakeOne = (image: ImageKind) =>
    rehearsal.step(`bake ${image}`, async () => {
      const imageId = await bakeAnother(image);
      const { image: baked, tags, keys, launchPermissions } = await ownedImage(settings, imageId);
      expectEqual('keys of its snapshots', keys, [imageKeyArn]);
      expectEqual('launch permissions', launchPermissions, []);
      expectEqual(
        'tags',
        [tags['Image'], tags['ManagedBy'], tags['Project']],
        [image, 'packer', 'boundless-ami-factory'],
      );
      return {
        image,
        imageId,
        details: `${imageId} ${baked.Name ?? ''}, encrypted with the image key, shared with nobody`,
      };
    });
  const images = await allEnded(imageKinds.map(bakeOne));

  const eventOf = (image: ImageKind, imageId: string, changes: { project?: string; status?: 'FAILED' } = {}) =>
    buildEvent({
      accountId: ops.accountId,
      region: ops.region,
      project: changes.project ?? codeBuildProjects.packer,
      status: changes.status ?? 'SUCCEEDED',
      exported: { AMI_ID: imageId, IMAGE: image },
    });
  await rehearsal.step('match events with the rule', async () => {
    const pattern = opsStack.text('aws_cloudwatch_event_rule', 'Sharing_Rule', 'event_pattern');
    const events = new EventBridgeClient(settings);
    const matched = (event: unknown) => matches(events, pattern, event);
    for (const { image, imageId } of images) {
      expectEqual(`${image}: a build that succeeded`, await matched(eventOf(image, imageId)), true);
      expectEqual(`${image}: a build that failed`, await matched(eventOf(image, imageId, { status: 'FAILED' })), false);
      expectEqual(`${image}: another project`, await matched(eventOf(image, imageId, { project: 'other' })), false);
    }
    return { details: 'successful builds of the project match; failed ones and other projects do not' };
  });

  const { lambda, code } = await rehearsal.step('unpack the built Lambda', async () => {
    const found = lambdaOf(opsStack, imageKeyArn, await aws.environment(ops.accountId));
    const archive = opsStack.file(opsStack.text('aws_lambda_function', 'Sharing_Function', 'filename'));
    return {
      lambda: found,
      code: await unpack(archive, path.join(directory, 'lambda')),
      details: path.basename(archive),
    };
  });
  const share = async (event: unknown) => {
    return resultOf(await invoke(code, lambda, event, signal)) as {
      accounts: Record<'accountId' | 'launchPermission' | 'tags' | 'pointer', string>[];
    };
  };
  const outcomes = (result: Awaited<ReturnType<typeof share>>) =>
    result.accounts.map(({ accountId, launchPermission, tags, pointer }) => [
      accountId,
      launchPermission,
      tags,
      pointer,
    ]);

  for (const { image, imageId } of images) {
    const event = eventOf(image, imageId);
    await rehearsal.step(`share ${image}`, async () => {
      expectEqual(
        'accounts',
        outcomes(await share(event)),
        serviceAccountIds.map((id) => [id, 'added', 'added', 'moved']),
      );
      return { details: `${imageId} with ${serviceAccountIds.length} accounts` };
    });
    await rehearsal.step(`read ${image} back in each account`, async () => {
      expectEqual('launch permissions', (await ownedImage(settings, imageId)).launchPermissions, serviceAccountIds);
      for (const accountId of serviceAccountIds) {
        const account = await aws.clientSettings(accountId);
        expectEqual(`${accountId} sees the image`, await sees(account, imageId), true);
        expectEqual(`pointer in ${accountId}`, await latest(account, image), {
          imageId,
          dataType: 'aws:ec2:image',
          version: 1,
        });
      }
      expectEqual('a stranger sees the image', await sees(await aws.clientSettings(strangerAccountId), imageId), false);
      return {
        details: `usable in ${serviceAccountIds.length} accounts and no other, pointer set in ${serviceAccountIds.length}`,
      };
    });
    await rehearsal.step(`share ${image} again`, async () => {
      expectEqual(
        'accounts',
        outcomes(await share(event)),
        serviceAccountIds.map((id) => [id, 'present', 'present', 'unchanged']),
      );
      return { details: 'nothing changed' };
    });
  }

  await rehearsal.step('refuse a malformed event', async () => {
    const [{ imageId } = { imageId: '' }] = images;
    const invocation = await invoke(code, lambda, { detail: { 'build-status': 'SUCCEEDED', AMI_ID: imageId } }, signal);
    if (invocation.ok) throw new Error('it was taken');
    expectEqual('error', invocation.error.name, 'InvalidEventError');
    for (const { image, imageId: pointedAt } of images)
      for (const accountId of serviceAccountIds)
        expectEqual(
          `pointer in ${accountId}`,
          (await latest(await aws.clientSettings(accountId), image))?.imageId,
          pointedAt,
        );
    return { details: `nothing changed: ${invocation.error.message}` };
  });

  const latestManager = await deliverShared({
    rehearsal,
    aws,
    directory,
    log,
    stackNamed,
    shared: (kind) => images.find(({ image }) => image === kind)?.imageId ?? '',
    shareAnother: async (kind) => {
      const imageId = await bakeAnother(kind);
      await share(eventOf(kind, imageId));
      return imageId;
    },
  });

  await liveShared({
    rehearsal,
    aws,
    imageKeyArn,
    bake: bakeAnother,
    shared: (kind) =>
      kind === 'manager' ? latestManager : (images.find(({ image }) => image === kind)?.imageId ?? ''),
    build: (image, imageId) => invoke(code, lambda, eventOf(image, imageId), signal),
    command: (command, settings = {}) =>
      invoke(code, { ...lambda, environment: { ...lambda.environment, ...settings } }, command, signal),
  });

  await retireOld({
    rehearsal,
    aws,
    opsStack,
    imageKeyArn,
    directory: path.join(directory, 'cleanup'),
    share: (imageId) => invoke(code, lambda, eventOf('bento', imageId), signal),
  });
}

/** The function as the stack configures it, with the references that Terraform would have resolved. */
function lambdaOf(ops: WrittenStack, imageKeyArn: string, credentials: Record<string, string>): LambdaSettings {
  const { environment, handler, memory_size: memorySize } = ops.resource('aws_lambda_function', 'Sharing_Function');
  const { variables } = environment as { variables: Record<string, string> };
  const values = new Map([[/^aws_kms_key\.ImageKey_\w+\.arn$/, imageKeyArn]]);
  return {
    functionName: functions.sharing,
    handler: String(handler),
    memorySize: Number(memorySize),
    environment: {
      ...Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, resolveReferences(value, values)])),
      ...credentials,
    },
  };
}
