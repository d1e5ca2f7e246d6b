import { ConfigurationError, factory, validated, type FactoryConfig } from '../../config';
import { buildMinutes, shortestTimeout } from '../../config/build-time';
import { bodies, isObject } from '../../lab/local-bake/json';
import { readTemplates, sourceBodies } from '../../lab/local-bake/templates';
import { resourceWith, stackOf, synthesize } from '../support/synthesized';

const withBuild = (changes: Partial<FactoryConfig['ops']['build']>): FactoryConfig => ({
  ...factory,
  ops: { ...factory.ops, build: { ...factory.ops.build, ...changes } },
});

function problemsOf(config: FactoryConfig): readonly unknown[] {
  try {
    validated(config);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
  return [];
}

test.each([
  [true, shortestTimeout(true)],
  [true, 480],
  [false, shortestTimeout(false)],
])('with spot %j, %d minutes are enough', (spot, timeoutMinutes) => {
  expect(problemsOf(withBuild({ spot, timeoutMinutes }))).toEqual([]);
});

test.each([
  [true, shortestTimeout(true) - 1, /^is too short for a slow build on spot capacity, .* give at least \d+ minutes$/],
  [false, shortestTimeout(false) - 1, /^is too short for a slow build on demand; give at least \d+ minutes$/],
  [true, 481, /^is too large; give minutes from 15 to 480$/],
  [true, 14, /^is too small; give minutes from 15 to 480$/],
  [true, 200.5, /^is not a whole number/],
])('with spot %j, %d minutes are refused', (spot, timeoutMinutes, message) => {
  expect(problemsOf(withBuild({ spot, timeoutMinutes }))).toContainEqual(
    expect.objectContaining({
      file: 'config/ops.ts',
      field: 'build.timeoutMinutes',
      value: timeoutMinutes,
      message: expect.stringMatching(message) as string,
    }),
  );
});

describe.each([
  ['as it is configured', factory],
  ['on demand, as short as can be', withBuild({ spot: false, timeoutMinutes: shortestTimeout(false) })],
] as const)('a build %s', (_, config) => {
  const { build } = config.ops;
  const ops = stackOf(synthesize({ factory: config }), 'ops');
  const project = resourceWith(ops, 'aws_codebuild_project', 'name', 'packer-build-project');
  const { environment_variable: variables } = project['environment'] as {
    environment_variable: { name: string; value: string }[];
  };
  const minutes = (name: string) => Number(variables.find((variable) => variable.name === name)?.value);

  test('ends by itself before CodeBuild ends it, with time to clean up', () => {
    expect(project['build_timeout']).toBe(build.timeoutMinutes);
    expect(minutes('PACKER_MINUTES')).toBeLessThanOrEqual(build.timeoutMinutes - buildMinutes.cleanUp);
    // bake.sh kills a Packer that does not clean up in 5 minutes.
    expect(buildMinutes.cleanUp).toBeGreaterThan(5);
  });

  test('has the time that a slow bake and the longest wait for the image take', () => {
    const { prepare, bake } = buildMinutes;
    const bakes = build.spot ? 2 : 1;
    expect(prepare + bakes * bake + minutes('IMAGE_WAIT_MINUTES')).toBeLessThanOrEqual(minutes('PACKER_MINUTES'));
  });
});

test('Packer waits for image_wait_minutes, in a manual build too', async () => {
  const templates = await readTemplates();
  const [source] = sourceBodies(templates.get('source.pkr.hcl')!);
  const [polling] = bodies(source!['aws_polling']);
  expect(polling).toEqual({ delay_seconds: 15, max_attempts: '${var.image_wait_minutes * 4}' });
  const variables = templates.get('variables.pkr.hcl')!['variable'];
  const [wait] = bodies(isObject(variables) ? variables['image_wait_minutes'] : undefined);
  expect(wait!['default']).toBe(buildMinutes.image);
});
