import { settingsFrom } from '../../../lambda/packer-ami-cleanup/settings';
import { environment, policy } from './memory/cloud';

test('every variable that is missing is named', () => {
  expect(() => settingsFrom({})).toThrow(
    /4 wrong variables.*\nOPS_ACCOUNT_ID.*\nSERVICE_ACCOUNT_IDS.*\nREPORT_BUCKET.*\nRETIREMENT/s,
  );
});

test.each<[string, unknown]>([
  ['no JSON', '{'],
  ['a number that is missing', { ...policy, keepNewest: undefined }],
  ['a number that would keep nothing', { ...policy, keepNewest: 0 }],
  ['a number that is none', { ...policy, disabledDays: '30' }],
  ['a key that is not known', { ...policy, keepOldest: 1 }],
  ['leftovers that a build may still need', { ...policy, leftoverHours: 8 }],
])('a policy with %s is refused', (_, value) => {
  const RETIREMENT = typeof value === 'string' ? value : JSON.stringify(value);
  expect(() => settingsFrom({ ...environment(), RETIREMENT })).toThrow('RETIREMENT is');
});
