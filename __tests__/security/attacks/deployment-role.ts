import { resourcesOf } from '../../support/synthesized';
import { accounts, may, mayOnClusterKey, mayOnSecret, stackNamed, takenFrom } from '../world';
import { type Cluster, arn, iam, deployment, ofEither, readsWallet, launchesManager } from './shared';

/** Every way to the right to read: to change who may take a role, what a role may do, or whom a secret or key lets in. */
const widensIam = (account: Cluster): boolean => {
  const who = deployment(account);
  const manager = `prover-cluster-${account}-manager-role`;
  const boundaries = ['manager', 'prover', 'flow-logs', 'snapshots'].map((role) =>
    iam(account, `policy/prover-cluster-${account}-${role}-boundary`),
  );
  const onRoles = [
    'iam:AttachRolePolicy',
    'iam:CreateRole',
    'iam:DeleteRolePermissionsBoundary',
    'iam:PutRolePermissionsBoundary',
    'iam:PutRolePolicy',
    'iam:UpdateAssumeRolePolicy',
  ];
  return (
    onRoles.some((action) =>
      [manager, `prover-cluster-${account}-storage-keys-role`, `prover-cluster-${account}-new-role`].some((name) =>
        [undefined, ...boundaries].some((boundary) =>
          may(who, action, iam(account, `role/${name}`), {
            context: boundary === undefined ? {} : { 'iam:PermissionsBoundary': boundary },
          }),
        ),
      ),
    ) ||
    boundaries.some((policy) => may(who, 'iam:CreatePolicyVersion', policy)) ||
    ['iam:AddRoleToInstanceProfile', 'iam:CreateInstanceProfile'].some((action) =>
      may(who, action, iam(account, `instance-profile/${manager}`)),
    ) ||
    ['lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration', 'lambda:InvokeFunction'].some((action) =>
      may(who, action, arn('lambda', account, 'function:prover-cluster-storage-keys')),
    ) ||
    ['secretsmanager:PutResourcePolicy', 'secretsmanager:DeleteResourcePolicy'].some((action) =>
      mayOnSecret(who, action, account, 'wallet-key'),
    ) ||
    ['kms:PutKeyPolicy', 'kms:CreateGrant', 'kms:RetireGrant'].some((action) => mayOnClusterKey(who, action, account))
  );
};

/** From the role that deploys a cluster. */
export const fromDeploymentRole: Readonly<Record<string, () => boolean>> = {
  'the deployment role -> the wallet key, by IAM': () =>
    ofEither(
      (account) => takenFrom(deployment(account)).some((who) => readsWallet(who, account)) || widensIam(account),
    ),

  'the deployment role -> the wallet key, by an instance': () => ofEither(launchesManager),

  'the deployment role -> what the broker spends of the wallet': () =>
    ofEither((account) =>
      ['settings', 'broker', 'broker-configuration'].every((name) =>
        may(
          deployment(account),
          'ssm:PutParameter',
          arn('ssm', account, `parameter/boundless/${account}/prover-cluster/${name}`),
        ),
      ),
    ),

  'the deployment role -> a command of its choice on a manager': () =>
    ofEither((account) => {
      const smoke = arn('ssm', account, `document/prover-cluster-${account}-smoke`);
      const manager = arn('ec2', account, 'instance/i-1');
      const context = { 'ssm:resourceTag/Stack': `prover-cluster-${account}`, 'ssm:resourceTag/Role': 'manager' };
      const sends = (document: string) =>
        may(deployment(account), 'ssm:SendCommand', document) &&
        may(deployment(account), 'ssm:SendCommand', manager, { context });
      const documents = resourcesOf(stackNamed(account), 'aws_ssm_document');
      const changes = ['CreateDocument', 'UpdateDocument', 'UpdateDocumentDefaultVersion', 'DeleteDocument'];
      const others = ['StartSession', 'CreateAssociation', 'StartAutomationExecution'];
      // Production's smoke test is sent by people.
      expect([account, sends(smoke)]).toEqual([account, account === 'staging']);
      return (
        documents.length !== 1 ||
        documents.some(({ content }) => String(content).includes('"parameters"')) ||
        sends('arn:aws:ssm:us-west-2::document/AWS-RunShellScript') ||
        sends(arn('ssm', account, 'document/other')) ||
        changes.some((action) => may(deployment(account), `ssm:${action}`, smoke)) ||
        others.some((action) =>
          [manager, smoke].some((resource) => may(deployment(account), `ssm:${action}`, resource, { context })),
        )
      );
    }),

  'the deployment role -> an instance of another image': () =>
    ofEither((account) =>
      may(deployment(account), 'ec2:RunInstances', 'arn:aws:ec2:us-west-2::image/ami-1', {
        context: { 'ec2:LaunchTemplate': arn('ec2', account, 'launch-template/lt-1'), 'ec2:Owner': accounts[account] },
      }),
    ),

  'the deployment role -> overwriting or deleting the wallet key': () =>
    ofEither((account) =>
      [
        'secretsmanager:PutSecretValue',
        'secretsmanager:UpdateSecret',
        'secretsmanager:UpdateSecretVersionStage',
        'secretsmanager:DeleteSecret',
      ].some((action) => mayOnSecret(deployment(account), action, account, 'wallet-key')),
    ),

  "the deployment role -> deletion of the cluster's key": () =>
    ofEither((account) =>
      ['kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:DeleteAlias'].some((action) =>
        mayOnClusterKey(deployment(account), action, account),
      ),
    ),

  'the deployment role -> its own rights': () =>
    ofEither((account) =>
      [
        'iam:PutRolePolicy',
        'iam:AttachRolePolicy',
        'iam:DeleteRolePermissionsBoundary',
        'iam:CreatePolicyVersion',
      ].some((action) =>
        ['role/boundless-deployment-role', 'policy/boundless-deployment-network'].some((resource) =>
          may(deployment(account), action, iam(account, resource)),
        ),
      ),
    ),

  'the deployment role -> networks and templates of others': () =>
    ofEither((account) =>
      ['vpc', 'subnet', 'security-group', 'launch-template', 'route-table', 'volume', 'instance'].some((type) =>
        may(deployment(account), 'ec2:CreateTags', arn('ec2', account, `${type}/x`), {
          context: { 'aws:RequestTag/Stack': `prover-cluster-${account}`, 'aws:TagKeys': 'Stack' },
        }),
      ),
    ),

  'the deployment role -> rules of a security group without the tag Stack': () =>
    ofEither((account) => {
      const on = (action: string, context = {}) =>
        may(deployment(account), `ec2:${action}`, arn('ec2', account, 'security-group/sg-1'), { context });
      const opens = ['AuthorizeSecurityGroupIngress', 'AuthorizeSecurityGroupEgress', 'ModifySecurityGroupRules'];
      expect(opens.filter((action) => on(action))).toEqual([]);
      expect(on('RevokeSecurityGroupIngress', { 'aws:ResourceTag/Stack': 'another' })).toBe(false);
      return on('RevokeSecurityGroupIngress');
    }),

  "the deployment role -> who reads the cluster's storage": () =>
    ofEither((account) =>
      ['s3:PutBucketPolicy', 's3:PutBucketPublicAccessBlock', 's3:PutBucketAcl', 's3:DeleteBucketPolicy'].some(
        (action) =>
          may(deployment(account), action, `arn:aws:s3:::prover-cluster-${account}-${accounts[account]}-us-west-2`),
      ),
    ),

  'the deployment role -> ops, or another service account': () =>
    ofEither((account) => takenFrom(deployment(account)).some(({ arn: role }) => !role.startsWith(iam(account, '')))),
};
