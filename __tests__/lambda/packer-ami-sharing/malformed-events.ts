import { codeBuildEvent, exportedBy, imageId, manualEvent } from './support';

/** Events that must not get further than this. The parser and the handler are tried with each. */
export const malformed: readonly (readonly [what: string, event: unknown, reason: RegExp])[] = [
  ['nothing', undefined, /the event is missing/],
  ['a text', 'AMI_ID', /the event is missing/],
  ['an empty object', {}, /detail is missing/],
  ['another source', codeBuildEvent({ source: 'aws.ec2' }), /source is not aws\.codebuild/],
  ['no source', codeBuildEvent({ source: undefined }), /source is not aws\.codebuild/],
  ['another detail type', codeBuildEvent({ 'detail-type': 'CodeBuild Build Phase Change' }), /detail-type is not/],
  ['another account', codeBuildEvent({ account: '222222222222' }), /account is not 111111111111/],
  ['no account', codeBuildEvent({ account: undefined }), /account is not 111111111111/],
  ['an account that is a number', codeBuildEvent({ account: 111111111111 }), /account is missing or of the wrong type/],
  ['a time that is none', codeBuildEvent({ time: 'yesterday' }), /time is missing or of the wrong type/],
  ['another project', codeBuildEvent({ detail: { 'project-name': 'other' } }), /detail\.project-name is not packer-/],
  ['no project', codeBuildEvent({ detail: { 'project-name': undefined } }), /detail\.project-name is not packer-/],
  ['a failed build', codeBuildEvent({ detail: { 'build-status': 'FAILED' } }), /build-status is not SUCCEEDED/],
  ['no status', codeBuildEvent({ detail: { 'build-status': undefined } }), /build-status is not SUCCEEDED/],
  ['no build id', codeBuildEvent({ detail: { 'build-id': undefined } }), /build-id is not the ARN or id/],
  ['a malformed build id', codeBuildEvent({ detail: { 'build-id': 'a b' } }), /build-id is not the ARN or id/],
  ['a build of another project', codeBuildEvent({ detail: { 'build-id': 'other:1' } }), /build-id is not the ARN/],
  [
    'variables that are no list',
    codeBuildEvent({ detail: { 'additional-information': { 'exported-environment-variables': {} } } }),
    /exported-environment-variables is missing or of the wrong type/,
  ],
  ['a variable without a name', codeBuildEvent({ exported: [{ value: imageId }] }), /variables\.0\.name is missing/],
  ['an image id with a suffix', exportedBy(`${imageId}0`), /AMI_ID is "ami-1234567890abcdef00"/],
  ['an image id with a line break', exportedBy(`${imageId}\n`), /AMI_ID is "ami-1234567890abcdef0\\n"/],
  ['an image id in capitals', exportedBy('AMI-1A2B3C4D'), /AMI_ID is "AMI-1A2B3C4D"/],
  ['an image id that is a number', exportedBy(1), /AMI_ID is a number/],
  [
    'an ARN for an image id',
    exportedBy(`arn:aws:ec2:us-west-2::image/${imageId}`),
    /AMI_ID is "arn:aws:ec2:us-west-2::image\/ami\.\.\."/,
  ],
  ['a manual event with a malformed image', manualEvent('latest'), /AMI_ID is "latest"/],
];
