import { BatchGetBuildsCommand, type EnvironmentVariable } from '@aws-sdk/client-codebuild';
import { InvalidEventError } from '../../../lambda/packer-ami-sharing/errors';
import { parseBuildEvent } from '../../../lambda/packer-ami-sharing/events/event';
import { imageIdOf } from '../../../lambda/packer-ami-sharing/events/image-id';
import { settingsFrom } from '../../../lambda/packer-ami-sharing/settings';
import { malformed } from './malformed-events';
import { buildId, codeBuildEvent, environment, exportedBy, imageId, manualEvent, mockedAws, runOf } from './support';

const other = 'ami-0fedcba9876543210';
const settings = settingsFrom(environment());
const parse = (event: unknown) => parseBuildEvent(event, settings);

/** Parses, and asks CodeBuild for its own record of the build. */
async function idOf(event: unknown, exportedVariables: EnvironmentVariable[] = []) {
  const aws = mockedAws({ exportedVariables });
  const id = await imageIdOf(parse(event), runOf(aws));
  return { id, asked: aws.codebuild.commandCalls(BatchGetBuildsCommand).map(({ args: [command] }) => command.input) };
}

const variable = (name: string, value: unknown) => ({ name, value });

describe('the fields of an event', () => {
  test('a build: its id without the ARN, its project, its time and what it exported', () => {
    expect(parse(exportedBy(imageId))).toEqual({
      buildId,
      project: 'packer-build-project',
      time: new Date('2026-09-01T16:14:28Z'),
      imageIds: [imageId],
    });
  });

  test('a build id that is not an ARN is taken as it is', () => {
    expect(parse(codeBuildEvent({ detail: { 'build-id': buildId } }))).toMatchObject({ buildId });
  });

  test('the manual event: an image, and nothing of a build', () => {
    expect(parse(manualEvent())).toEqual({ imageIds: [imageId] });
  });

  test('the documented event, which has no exported variables: no image', () => {
    expect(parse(codeBuildEvent())).toMatchObject({ buildId, imageIds: [] });
  });

  test('several images', () => {
    expect(parse(exportedBy(imageId, other, imageId))).toMatchObject({ imageIds: [imageId, other] });
  });

  test('a variable that is not AMI_ID may be anything', () => {
    const exported = [variable('X', null), { name: 'Y' }, variable('AMI_ID', imageId)];
    expect(parse(codeBuildEvent({ exported }))).toMatchObject({ imageIds: [imageId] });
  });
});

describe('the image of an event', () => {
  test.each<[from: string, event: unknown, id: string]>([
    ['exported variables', exportedBy(imageId), imageId],
    ['an id of 8 digits', exportedBy('ami-1a2b3c4d'), 'ami-1a2b3c4d'],
    ['the same id twice', exportedBy(imageId, imageId), imageId],
    [
      'exported variables, before those that the build was given',
      codeBuildEvent({ exported: [variable('AMI_ID', imageId)], variables: [variable('AMI_ID', other)] }),
      imageId,
    ],
    ['the variables that the build was given', codeBuildEvent({ variables: [variable('AMI_ID', other)] }), other],
    ['the manual event', manualEvent(), imageId],
  ])('from %s', async (_, event, id) => {
    await expect(idOf(event, [{ name: 'AMI_ID', value: id }])).resolves.toMatchObject({ id });
  });

  test.each<[why: string, event: unknown]>([
    ['the event exports nothing', codeBuildEvent()],
    ['the event exports other variables', codeBuildEvent({ exported: [variable('VERSION', '1')] })],
    ['AMI_ID is empty', exportedBy('')],
    ['there is no additional information', codeBuildEvent({ detail: { 'additional-information': undefined } })],
  ])('from CodeBuild, where %s', async (_, event) => {
    const { id, asked } = await idOf(event, [
      { name: 'VERSION', value: '1' },
      { name: 'AMI_ID', value: imageId },
    ]);
    expect(id).toBe(imageId);
    expect(asked).toEqual([{ ids: [buildId] }]);
  });

  test.each<[what: string, event: unknown, exported: EnvironmentVariable[], reason: RegExp]>([
    ['an event with two images', exportedBy(imageId, other), [], /AMI_ID has 2 values/],
    [
      'a build with two images',
      codeBuildEvent(),
      [
        { name: 'AMI_ID', value: imageId },
        { name: 'AMI_ID', value: other },
      ],
      /AMI_ID has 2 values/,
    ],
    [
      'the event of a build that exported another image',
      exportedBy(imageId),
      [{ name: 'AMI_ID', value: other }],
      /AMI_ID is ami-1234567890abcdef0, but the build exported ami-0fedcba9876543210; send the event of the build that/,
    ],
    ['the event of a build that exported none', exportedBy(imageId), [], /the build exported no image/],
    ['a build without an image', codeBuildEvent(), [], /AMI_ID is neither/],
    ['a build with a malformed image', codeBuildEvent(), [{ name: 'AMI_ID', value: 'None' }], /AMI_ID is "None"/],
    [
      'a build that CodeBuild does not know',
      codeBuildEvent({ detail: { 'build-id': 'packer-build-project:0' } }),
      [{ name: 'AMI_ID', value: imageId }],
      /AMI_ID is neither/,
    ],
    ['a manual event without an image', manualEvent(''), [{ name: 'AMI_ID', value: imageId }], /AMI_ID is neither/],
  ])('%s is refused', async (_, event, exported, reason) => {
    const refused = expect(idOf(event, exported)).rejects;
    await refused.toThrow(InvalidEventError);
    await refused.toThrow(reason);
  });
});

test('the event of a build that failed after all is refused', async () => {
  const aws = mockedAws();
  aws.codebuild.on(BatchGetBuildsCommand).resolves({
    builds: [
      { id: buildId, buildStatus: 'FAILED', exportedEnvironmentVariables: [{ name: 'AMI_ID', value: imageId }] },
    ],
  });
  await expect(imageIdOf(parse(exportedBy(imageId)), runOf(aws))).rejects.toThrow(`the build of ${imageId} ended with`);
});

test.each(malformed)('%s is refused', (_, event, reason) => {
  expect(() => parse(event)).toThrow(InvalidEventError);
  expect(() => parse(event)).toThrow(reason);
});
