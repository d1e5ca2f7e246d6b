import {
  EC2Client,
  EnableAllowedImagesSettingsCommand,
  ReplaceImageCriteriaInAllowedImagesSettingsCommand,
} from '@aws-sdk/client-ec2';
import { former, staging, commands } from './commands';

const on = commands();

test('preflight finds an account that shuts the images of ops out, and none that only watches', async () => {
  const ec2 = on.factory.client(EC2Client, staging);
  const allow = (...ImageProviders: string[]) =>
    ec2.send(new ReplaceImageCriteriaInAllowedImagesSettingsCommand({ ImageCriteria: [{ ImageProviders }] }));
  const enter = (AllowedImagesSettingsState: 'enabled' | 'audit-mode') =>
    ec2.send(new EnableAllowedImagesSettingsCommand({ AllowedImagesSettingsState }));
  await allow('amazon');
  await enter('enabled');
  await expect(on.invoke({ command: 'preflight' })).resolves.toEqual({
    launchProblems: [
      {
        accountId: staging,
        link: 'allowed images',
        problem: 'the account allows only certain images, and those of 111111111111 are not among them',
        fix: expect.stringContaining('npm run sharing -- allow-images') as unknown,
      },
    ],
  });
  await enter('audit-mode');
  await expect(on.invoke({ command: 'preflight' })).resolves.toEqual({ launchProblems: [] });
  await allow('amazon', '111111111111');
  await enter('enabled');
  await expect(on.invoke({ command: 'preflight' })).resolves.toEqual({ launchProblems: [] });
});

test.each<[what: string, command: object, reason: RegExp]>([
  ['unknown', { command: 'destroy' }, /command Invalid/],
  ['without an image', { command: 'withdraw', reason: 'bad' }, /imageId Invalid input/],
  ['with another field', { command: 'reconcile', dryrun: true }, /the command Unrecognized key: "dryrun"/],
  [
    'with a reason that is no tag',
    { command: 'withdraw', imageId: 'ami-12345678', reason: 'a\nb' },
    /reason is no reason/,
  ],
  ['for a stranger', { command: 'pin', accountId: former, imageId: 'ami-12345678' }, /none of the configured/],
  ['for no kind', { command: 'unpin', accountId: staging, kind: 'x' }, /kind is no kind of image; use one of manager/],
])('a command that is %s is refused', async (_, command, reason) => {
  const refused = expect(on.invoke(command)).rejects;
  await refused.toMatchObject({ name: 'InvalidCommandError', permanent: true });
  await refused.toThrow(reason);
});
