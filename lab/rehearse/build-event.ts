import { randomUUID } from 'node:crypto';

/** What a build of an image ended with. */
export interface FinishedBuild {
  readonly accountId: string;
  readonly region: string;
  readonly project: string;
  readonly status: 'SUCCEEDED' | 'FAILED';
  /** Variables that the buildspec exports, `AMI_ID` among them. */
  readonly exported: Readonly<Record<string, string>>;
}

/**
 * The event that CodeBuild sends when a build ends (AWS CodeBuild User Guide, "Build notifications input format
 * reference"; docs/facts/images.md#build-events). Exported variables are not in the reference, but in the events.
 */
export function buildEvent({ accountId, region, project, status, exported }: FinishedBuild): Record<string, unknown> {
  const build = `${project}:${randomUUID()}`;
  const arn = `arn:aws:codebuild:${region}:${accountId}:build/${build}`;
  const time = new Date().toISOString();
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'CodeBuild Build State Change',
    source: 'aws.codebuild',
    account: accountId,
    time,
    region,
    resources: [arn],
    detail: {
      'build-status': status,
      'project-name': project,
      'build-id': arn,
      'additional-information': {
        environment: {
          image: 'aws/codebuild/standard:7.0',
          'privileged-mode': false,
          'compute-type': 'BUILD_GENERAL1_SMALL',
          type: 'LINUX_CONTAINER',
          'environment-variables': [{ name: 'IMAGE', type: 'PLAINTEXT', value: exported['IMAGE'] ?? '' }],
        },
        'exported-environment-variables': Object.entries(exported).map(([name, value]) => ({ name, value })),
        'timeout-in-minutes': 120,
        'build-complete': true,
        'build-number': 1,
        initiator: 'rehearsal',
        'build-start-time': time,
        logs: { 'group-name': `/aws/codebuild/${project}`, 'stream-name': build.split(':')[1] },
        phases: [{ 'phase-type': 'COMPLETED', 'start-time': time }],
      },
      'current-phase': 'COMPLETED',
      'current-phase-context': '[]',
      version: '1',
    },
  };
}
