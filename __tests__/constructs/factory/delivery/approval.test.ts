import type { FactoryConfig } from '../../../../config';
import { commitUrl } from '../../../../config/repository';
import { withEverything } from '../../../support/factories';
import { resourceWith, stackOf, synthesize } from '../../../support/synthesized';

interface Stage {
  readonly name: string;
  readonly action: readonly { readonly category: string; readonly configuration: Readonly<Record<string, string>> }[];
}
const withApproval = (approval: boolean): FactoryConfig => {
  const { ops, environments } = withEverything();
  return { ops, environments: environments.map((one) => (one.followsLatest ? { ...one, approval } : one)) };
};
const opsWith = (approval: boolean) => stackOf(synthesize({ factory: withApproval(approval) }), 'ops');
const stagesOf = (approval: boolean) =>
  resourceWith(opsWith(approval), 'aws_codepipeline', 'name', 'prover-cluster-staging')['stage'] as readonly Stage[];

test('staging waits for a person where it is configured, and only there', () => {
  expect(stagesOf(false).map(({ name }) => name)).toEqual(['Source', 'Deploy']);
  expect(stagesOf(true).map(({ name }) => name)).toEqual(['Source', 'Approve', 'Deploy']);
  expect(stagesOf(true)[1]?.action).toMatchObject([
    {
      category: 'Approval',
      configuration: {
        CustomData: 'prover-cluster-staging: deploy commit #{Source.CommitId}',
        ExternalEntityLink: 'https://github.com/boundless-xyz/ami-factory/commit/#{Source.CommitId}',
      },
    },
  ]);
});

test('an approval that is not given is noticed for that pipeline as well', () => {
  const watched = (approval: boolean) => {
    const { environment } = resourceWith(
      opsWith(approval),
      'aws_lambda_function',
      'function_name',
      'boundless-notices',
    );
    return (environment as { variables: { APPROVAL_PIPELINES: string } }).variables.APPROVAL_PIPELINES.split(',');
  };
  expect(watched(false)).toEqual(['prover-cluster-production']);
  expect(watched(true).sort()).toEqual(['prover-cluster-production', 'prover-cluster-staging']);
});

test.each([
  ['https://github.com/a/b.git', 'https://github.com/a/b/commit/c0ffee'],
  ['https://gitlab.com/a/b', 'https://gitlab.com/a/b/commit/c0ffee'],
  ['https://bitbucket.org/a/b.git', 'https://bitbucket.org/a/b/commits/c0ffee'],
])('a commit of %s is shown at %s', (url, shown) => {
  expect(commitUrl(url, 'c0ffee')).toBe(shown);
});
