import { EC2Client, ModifyImageAttributeCommand, DeleteTagsCommand } from '@aws-sdk/client-ec2';
import { CreateKeyCommand, KMSClient } from '@aws-sdk/client-kms';
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm';
import { factory } from '../../config';
import { imageTags, pointerName, project, type ImageKind } from '../../config/names';
import type { LocalAws } from '../local-aws';
import { expectEqual } from './expect';
import { resultOf, type Invocation } from './lambda-process';
import { makeImage } from './made-image';
import type { Rehearsal } from './report';
import { latest, ownedImage, tagsSeen } from './shared-image';

/** What the rehearsal has when the first images are shared. */
export interface SharedFactory {
  readonly rehearsal: Rehearsal;
  readonly aws: LocalAws;
  readonly imageKeyArn: string;
  /** Bakes one more image of a kind, newer than those before. */
  readonly bake: (kind: ImageKind) => Promise<string>;
  /** The image of that kind that was shared. */
  readonly shared: (kind: ImageKind) => string;
  /** Invokes the function with the event of a build of that image. */
  readonly build: (kind: ImageKind, imageId: string) => Promise<Invocation>;
  /** Invokes it with a command; with other settings where the configuration has changed. */
  readonly command: (command: object, settings?: Readonly<Record<string, string>>) => Promise<Invocation>;
}

const kind = 'manager';
const strangerAccountId = '999999999999';
const { ops, environments } = factory;
const [first, second] = environments.map(({ accountId }) => accountId);

/** What a run or command came to; fails the step where it failed. */
const outcomeOf = (invocation: Invocation) => resultOf(invocation) as Record<string, unknown>;

/** Goes on where images are shared: what can happen to them until an account is removed. */
export async function liveShared(stage: SharedFactory): Promise<void> {
  const { rehearsal, aws, bake, shared, build, command } = stage;
  if (first === undefined || second === undefined) throw new Error('the rehearsal needs two service accounts');
  const accounts = [first, second];
  const settings = await aws.clientSettings(ops.accountId);
  const ec2 = new EC2Client(settings);
  const older = shared(kind);
  const pointers = async () =>
    Promise.all(accounts.map(async (id) => (await latest(await aws.clientSettings(id), kind))?.imageId));
  const reconcile = async () => outcomeOf(await command({ command: 'reconcile' }));

  await rehearsal.step('check that instances can start', async () => {
    expectEqual('problems', outcomeOf(await command({ command: 'preflight' }))['launchProblems'], []);
    return { details: `key policy, grants and roles of ${accounts.length} accounts` };
  });

  const { newer } = await rehearsal.step('share out of order', async () => {
    const imageId = await bake(kind);
    outcomeOf(await build(kind, imageId));
    const { accounts: outcomes } = outcomeOf(await build(kind, older)) as { accounts: { pointer: string }[] };
    expectEqual(
      'pointers of the older one',
      outcomes.map(({ pointer }) => pointer),
      ['kept-newer', 'kept-newer'],
    );
    expectEqual('pointers', await pointers(), [imageId, imageId]);
    return { newer: imageId, details: `${imageId}, then ${older} late: pointers stay on the newer` };
  });

  await rehearsal.step('repair drift', async () => {
    const LaunchPermission = {
      Remove: [{ UserId: first }],
      Add: [{ UserId: strangerAccountId }, { Group: 'all' as const }],
    };
    await ec2.send(new ModifyImageAttributeCommand({ ImageId: newer, LaunchPermission }));
    const there = await aws.clientSettings(second);
    await new SSMClient(there).send(
      new PutParameterCommand({ Name: pointerName(kind, 'latest'), Value: older, Overwrite: true }),
    );
    await new EC2Client(there).send(new DeleteTagsCommand({ Resources: [newer], Tags: [{ Key: 'Version' }] }));
    const { driftFound, driftRepaired, publicImages } = await reconcile();
    expectEqual('drift', [driftFound, driftRepaired, publicImages], [3, 3, [newer]]);
    expectEqual('launch permissions', (await ownedImage(settings, newer)).launchPermissions, accounts);
    expectEqual('pointers', await pointers(), [newer, newer]);
    const { tags } = await ownedImage(settings, newer);
    const expected = imageTags.filter((name) => name in tags).map((name) => [name, tags[name]]);
    const seen = await tagsSeen(there, newer);
    expectEqual(
      'tags',
      imageTags.filter((name) => name in seen).map((name) => [name, seen[name]]),
      expected,
    );
    expectEqual('drift of a second run', (await reconcile())['driftFound'], 0);
    return { details: 'permissions, a public image, a pointer and a tag; a second run finds nothing' };
  });

  await rehearsal.step('pin and unpin', async () => {
    outcomeOf(await command({ command: 'pin', accountId: second, imageId: older }));
    expectEqual('pointers', await pointers(), [newer, older]);
    expectEqual('drift', (await reconcile())['driftFound'], 0);
    outcomeOf(await build(kind, newer));
    expectEqual('pointers after an event', await pointers(), [newer, older]);
    outcomeOf(await command({ command: 'unpin', accountId: second, kind }));
    expectEqual('pointers after unpinning', await pointers(), [newer, newer]);
    return { details: `${second} stayed on ${older} until it was unpinned` };
  });

  await rehearsal.step('withdraw', async () => {
    outcomeOf(await command({ command: 'withdraw', imageId: newer, reason: 'it does not boot' }));
    expectEqual('pointers', await pointers(), [older, older]);
    const again = await build(kind, newer);
    if (again.ok || !again.error.message.includes('image is not withdrawn')) throw new Error('it was shared again');
    expectEqual('drift', (await reconcile())['driftFound'], 0);
    return { details: `${newer} is deprecated, pointers are back on ${older}, and its event is refused` };
  });

  await rehearsal.step('refuse foreign and public images', async () => {
    const { KeyMetadata } = await new KMSClient(settings).send(new CreateKeyCommand({}));
    const name = `boundless-${kind}-v9.9.9-20260901161428`;
    const tags = { Project: project, ManagedBy: 'packer', Image: kind };
    const foreignKey = await makeImage(settings, { name, keyArn: KeyMetadata?.Arn ?? '', tags });
    const shownToAll = await makeImage(settings, { name: `${name}-public`, keyArn: stage.imageKeyArn, tags });
    const toAll = { LaunchPermission: { Add: [{ Group: 'all' as const }] } };
    await ec2.send(new ModifyImageAttributeCommand({ ImageId: shownToAll, ...toAll }));
    const stranger = await aws.clientSettings(strangerAccountId);
    const foreign = await makeImage(stranger, { name, keyArn: stage.imageKeyArn, tags });
    const toOps = { LaunchPermission: { Add: [{ UserId: ops.accountId }] } };
    await new EC2Client(stranger).send(new ModifyImageAttributeCommand({ ImageId: foreign, ...toOps }));

    const before = await pointers();
    for (const [imageId, rule] of [
      [foreignKey, 'snapshot of /dev/sda1 is encrypted with'],
      [shownToAll, 'image is not public'],
      [foreign, `owner is ${ops.accountId}`],
    ] as const) {
      const invocation = await build(kind, imageId);
      if (invocation.ok || !invocation.error.message.includes(rule))
        throw new Error(`${imageId} was not refused because of: ${rule}`);
    }
    expectEqual('pointers', await pointers(), before);
    const { publicImages, refused } = await reconcile();
    expectEqual('public images', publicImages, [shownToAll]);
    expectEqual('refused', (refused as { imageId: string }[]).map(({ imageId }) => imageId).includes(foreignKey), true);
    expectEqual('launch permissions', (await ownedImage(settings, shownToAll)).launchPermissions, []);
    return { details: 'another key, public, another owner: nothing changed; the public one is private again' };
  });

  await rehearsal.step('remove an account', async () => {
    outcomeOf(await command({ command: 'reconcile' }, { SERVICE_ACCOUNT_IDS: first }));
    for (const imageId of [older, newer, shared('prover'), shared('bento')])
      expectEqual(`launch permissions of ${imageId}`, (await ownedImage(settings, imageId)).launchPermissions, [first]);
    return { details: `${second} can launch no image any more` };
  });
}
