import { SettingsError } from '../../../lambda/common/errors';
import { settingsFrom } from '../../../lambda/packer-ami-sharing/settings';
import { environment, imageKeyArn, opsAccount, serviceAccounts } from './support';

const accounts = (count: number) => Array.from({ length: count }, (_, index) => String(200_000_000_000 + index));

test('the environment becomes settings', () => {
  expect(settingsFrom(environment())).toEqual({
    opsAccountId: opsAccount,
    serviceAccountIds: serviceAccounts,
    imageKeyArn,
    region: 'us-west-2',
    buildProject: 'packer-build-project',
  });
});

test('100 service accounts are fine, and blanks around them', () => {
  expect(settingsFrom(environment(accounts(100))).serviceAccountIds).toHaveLength(100);
  const spaced = { ...environment(), SERVICE_ACCOUNT_IDS: ' 222222222222, 333333333333 ' };
  expect(settingsFrom(spaced).serviceAccountIds).toEqual(serviceAccounts);
});

test.each<[variable: string, value: string | undefined]>([
  ['OPS_ACCOUNT_ID', undefined],
  ['OPS_ACCOUNT_ID', ''],
  ['OPS_ACCOUNT_ID', '11111111111'],
  ['OPS_ACCOUNT_ID', '1111111111111'],
  ['SERVICE_ACCOUNT_IDS', undefined],
  ['SERVICE_ACCOUNT_IDS', ''],
  ['SERVICE_ACCOUNT_IDS', '222222222222,'],
  ['SERVICE_ACCOUNT_IDS', '222222222222,222222222222'],
  ['SERVICE_ACCOUNT_IDS', '222222222222;333333333333'],
  ['SERVICE_ACCOUNT_IDS', accounts(101).join(',')],
  ['AMI_KEY_ARN', undefined],
  ['AMI_KEY_ARN', 'alias/boundless-ami'],
  ['AMI_KEY_ARN', 'arn:aws:kms:us-west-2:111111111111:alias/boundless-ami'],
  ['AMI_KEY_ARN', '${aws_kms_key.ImageKey.arn}'],
  ['BUILD_PROJECT', undefined],
  ['BUILD_PROJECT', 'a:b'],
])('%s = %s is refused by name', (variable, value) => {
  const read = () => settingsFrom({ ...environment(), [variable]: value });
  expect(read).toThrow(SettingsError);
  expect(read).toThrow(new RegExp(`1 wrong variable;.*:\n${variable} is .+; set it to `));
});

test('the error lists all that is wrong', () => {
  expect(() => settingsFrom({})).toThrow(
    /4 wrong variables.*:\nOPS_ACCOUNT_ID .+\nSERVICE_ACCOUNT_IDS .+\nAMI_KEY_ARN .+\nBUILD_PROJECT /,
  );
});
