import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { factory, environmentNamed } from '../../../config';
import { writeProfiles } from '../../../cli/delivery/access';
import { parse } from '../../../cli/delivery/arguments';
import { buildLink } from '../../../cli/delivery/exports';
import { brokenRules, remarks } from '../../../cli/delivery/images/verify';
import { actAsRole, environmentOf, imageRequests } from '../../../cli/delivery/settings';
import { goodImage, opsAccountId } from './support/accounts';

const [staging, production] = ['staging', 'production'].map((name) => environmentNamed(name));
const id = 'ami-0123456789abcdef0';

test.each([
  ['deployment', 'boundless-deployment-role'],
  ['plan', 'boundless-plan-role'],
  ['', undefined],
  [undefined, undefined],
])('BOUNDLESS_ACT_AS %s is %s', (value, role) => {
  expect(actAsRole(value)).toBe(role);
});

test.each(['Deployment', 'admin', 'constructor'])('BOUNDLESS_ACT_AS %s is refused', (value) => {
  expect(() => actAsRole(value)).toThrow(`BOUNDLESS_ACT_AS is "${value}"; set it to one of deployment, plan`);
});

describe('images', () => {
  const requests = (environment: typeof staging, manager: string, prover = id) =>
    imageRequests({ MANAGER_IMAGE_ID: manager, PROVER_IMAGE_ID: prover }, environment!);

  test('are ids, or the pointer that the environment follows', () => {
    expect(requests(staging, 'latest')).toEqual({ manager: { pointer: 'latest' }, prover: { id } });
    expect(requests(production, 'validated')).toEqual({ manager: { pointer: 'validated' }, prover: { id } });
    expect(requests(production, 'ami-01234567')).toMatchObject({ manager: { id: 'ami-01234567' } });
  });

  test.each([
    [
      production,
      'latest',
      'MANAGER_IMAGE_ID is "latest", and production cannot follow it: it runs only images that another environment has validated; give it an image id such as ami-0123456789abcdef0, or validated.',
    ],
    [staging, 'validated', 'staging cannot follow it: there is nothing before it that validates images'],
    [production, 'ami-xyz', 'MANAGER_IMAGE_ID is "ami-xyz"; give it an image id'],
    [production, '', 'MANAGER_IMAGE_ID is not set; give it an image id such as ami-0123456789abcdef0, or validated.'],
    [production, `${id} `, 'give it an image id'],
  ])('%#: are refused otherwise', (environment, value, message) => {
    expect(() => requests(environment, value)).toThrow(message);
  });
});

test('an account that the project and this commit disagree on is refused', () => {
  const of = (account: string | undefined) =>
    environmentOf(factory, { SERVICE_ACCOUNT_ID: account }, 'production', 'SERVICE_ACCOUNT_ID').accountId;
  expect([of('333333333333'), of(undefined)]).toEqual(['333333333333', '333333333333']);
  expect(() => of('222222222222')).toThrow(
    'SERVICE_ACCOUNT_ID is 222222222222, but production has account 333333333333',
  );
});

describe('rules of images', () => {
  const brokers = { from: 'v1.2.0', to: 'v1.2.2' } as const;
  const expected = { kind: 'manager', opsAccountId, accountId: '333333333333', brokers } as const;

  test('a good image keeps them', () => {
    expect(brokenRules(id, goodImage('manager'), expected)).toEqual([]);
  });

  test.each([
    [{ OwnerId: '999999999999' }, 'its owner is 999999999999, not 111111111111'],
    [{ State: 'disabled' as const }, 'its state is disabled, not available'],
    [{ Name: 'ubuntu' }, 'the kind in its name is missing, not manager'],
    [{ Name: 'boundless-prover-v1.2.2-20260901000000' }, 'the kind in its name is prover, not manager'],
    [{ Tags: [] }, 'the tag Image is missing, not manager'],
    [{ Tags: [] }, "the tag BrokerVersion is missing, and this environment's broker values are for v1.2.0 to v1.2.2"],
    [{ Tags: [{ Key: 'BrokerVersion', Value: 'v1.1.2' }] }, 'the tag BrokerVersion is v1.1.2, and'],
  ])('%j breaks one', (changes, problem) => {
    expect(brokenRules(id, goodImage('manager', changes), expected).join('\n')).toContain(problem);
  });

  test('a retired image is remarked on, and taken', () => {
    const now = new Date('2026-09-02T00:00:00Z');
    const [before, after] = ['2026-09-01T00:00:00.000Z', '2026-09-03T00:00:00.000Z'];
    expect(remarks(goodImage('manager', { DeprecationTime: before }), now)).toEqual([
      `${id} has been deprecated since ${before}: it is retired, or an operator has withdrawn it`,
    ]);
    expect(remarks(goodImage('manager', { DeprecationTime: after }), now)).toEqual([]);
    expect(remarks(goodImage('manager'), now)).toEqual([]);
  });
});

describe('profiles', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'profiles-'));
  const roleArn = 'arn:aws:iam::333333333333:role/boundless-plan-role';
  const write = async (variables: Record<string, string>) => {
    const environment: NodeJS.ProcessEnv = { ...variables };
    await writeProfiles(folder, 'us-west-2', [{ profile: 'boundless-cluster', roleArn }], environment);
    return readFileSync(environment['AWS_CONFIG_FILE']!, 'utf8');
  };

  test('start from the credentials of the build, and keep none', async () => {
    const text = await write({
      AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/1',
      AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
      CODEBUILD_BUILD_ID: 'prover-cluster-production-plan:0b0b',
    });
    expect(text).toBe(
      `[profile boundless-cluster]\nrole_arn = ${roleArn}\nrole_session_name = delivery-0b0b\ncredential_source = EcsContainer\nregion = us-west-2\n`,
    );
  });

  test('start from the environment elsewhere, and from nothing nowhere', async () => {
    expect(await write({ AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE' })).toContain('credential_source = Environment\n');
    await expect(write({})).rejects.toThrow('BOUNDLESS_ACT_AS takes a role with the credentials of a CodeBuild build');
  });
});

test('the link of a build opens its page', () => {
  const build = 'arn:aws:codebuild:us-west-2:111111111111:build/prover-cluster-production-plan:0b-1';
  expect(buildLink(build)).toBe(
    'https://us-west-2.console.aws.amazon.com/codesuite/codebuild/111111111111/projects/prover-cluster-production-plan/build/prover-cluster-production-plan%3A0b-1/?region=us-west-2',
  );
  expect(buildLink(undefined)).toBe('');
});

describe('arguments', () => {
  test('options stand in the place of variables', () => {
    const { command, dryRun, variables } = parse(
      ['apply', '--dry-run', '--environment', 'production', '--sha256', 'x', '--manager-image', id],
      { ENVIRONMENT: 'staging', OTHER: 'y' },
    );
    expect({ command, dryRun, variables }).toEqual({
      command: 'apply',
      dryRun: true,
      variables: { ENVIRONMENT: 'production', PLAN_SHA256: 'x', MANAGER_IMAGE_ID: id, OTHER: 'y' },
    });
    expect(parse(['rollout', '--ignore-alarms'], {}).ignoreAlarms).toBe(true);
  });

  test.each<[string[], string]>([
    [[], 'There is no command ""'],
    [['deploy'], 'There is no command "deploy"'],
    [['plan', 'production'], 'plan takes 0 arguments, not 1'],
    [['summary'], 'summary takes 1 arguments, not 0'],
    [['plan', '--dry-run'], 'plan takes no --dry-run'],
    [['promote', '--exports', 'x'], 'promote takes no --exports'],
    [['apply', '--ignore-alarms'], 'apply takes no --ignore-alarms'],
    [['apply', '--folder', ''], '--folder is empty; the action needs the input artifact `plan`'],
    [['apply', '--yes'], "Unknown option '--yes'"],
  ])('%j are refused', (args, reason) => {
    expect(() => parse(args, {})).toThrow(reason);
  });
});
