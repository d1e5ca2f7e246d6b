import { movesOf } from '../../../cli/adopt/moves';
import { parse } from '../../../cli/adopt/cli';
import { parseState } from '../../../cli/adopt/state';

const state = (...resources: (readonly [type: string, name: string, id: string])[]) =>
  parseState(
    JSON.stringify({
      version: 4,
      serial: 7,
      lineage: 'l',
      resources: resources.map(([type, name, id]) => ({
        mode: 'managed',
        type,
        name,
        instances: [{ attributes: { id } }],
      })),
    }),
    'the state',
  );
const key = ['aws_kms_key', 'Key', 'key-1'] as const;
const role = ['aws_iam_role', 'Role', 'role'] as const;
const adopted = ['aws_kms_key.Key', 'aws_iam_role.Role', 'aws_s3_bucket.Bucket'];
const none = parseState('', 'the state');

test('what only the cluster has moves, and what neither has is made by the account', () => {
  expect(movesOf(adopted, state(key, role), none)).toEqual({
    move: ['aws_kms_key.Key', 'aws_iam_role.Role'],
    forget: [],
  });
  expect(movesOf(adopted, none, none)).toEqual({ move: [], forget: [] });
});

test('what both have with one id is forgotten by the cluster', () => {
  expect(movesOf(adopted, state(key, role), state(key))).toEqual({
    move: ['aws_iam_role.Role'],
    forget: ['aws_kms_key.Key'],
  });
});

test('what both have with two ids is an error that names both, and the way out', () => {
  const other = state(['aws_kms_key', 'Key', 'key-2']);
  expect(() => movesOf(adopted, state(key), other)).toThrow(
    /aws_kms_key\.Key: key-2, the cluster has key-1\n.*terraform state rm/,
  );
});

test('other resources of the states do not matter, nor data sources', () => {
  expect(movesOf(['aws_kms_key.Key'], state(role), state(key)).move).toEqual([]);
  const data = JSON.parse(state(key).text) as { resources: { mode: string }[] };
  data.resources[0]!.mode = 'data';
  expect(parseState(JSON.stringify(data), 'the state').ids.size).toBe(0);
});

test.each(['no JSON', '{}', '{"serial": "1"}'])('a file that is no state is named: %s', (text) => {
  expect(() => parseState(text, 'older.tfstate')).toThrow(/^older\.tfstate is no state of Terraform: /);
});

test.each([[[]], [['staging', 'production']], [['nowhere']], [['staging', '--force']]])(
  'arguments %j are refused',
  (args) => {
    expect(() => parse(args)).toThrow();
  },
);

test('arguments', () => {
  expect(parse(['staging', '--dry-run'])).toEqual({ environment: 'staging', dryRun: true, clusterState: undefined });
});
