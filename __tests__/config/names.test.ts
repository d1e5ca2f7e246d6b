import * as names from '../../config/names';

test('names that others rely on are those of docs/names.md', () => {
  expect(names.project).toBe('boundless-ami-factory');
  expect(names.codeBuildProjects).toEqual({ packer: 'packer-build-project' });
  expect(names.functions.sharing).toBe('packer-ami-sharing');
  expect(names.roles).toMatchObject({
    packerBuild: 'packer-build-role',
    sharing: 'packer-ami-sharing-role',
    deployment: 'boundless-deployment-role',
    plan: 'boundless-plan-role',
    publisher: 'packer-ami-publisher-role',
  });
  expect(names.keyAliases.ami).toBe('alias/boundless-ami');
  expect(names.logGroups.codeBuild('packer-build-project')).toBe('/aws/codebuild/packer-build-project');
  expect(names.logGroups.lambda('packer-ami-sharing')).toBe('/aws/lambda/packer-ami-sharing');
  expect(names.clusterProject.deployment('staging')).toBe('prover-cluster-staging-deployment');
  expect(names.clusterProject.deployment('production')).toBe('prover-cluster-production-deployment');
  expect(names.clusterProject.plan('production')).toBe('prover-cluster-production-plan');
});

test('stacks', () => {
  expect(names.stacks.ops).toBe('ops');
  expect(['staging', 'production'].map(names.stacks.serviceAccount)).toEqual(['staging', 'production']);
  expect(['staging', 'production'].map(names.stacks.cluster)).toEqual([
    'prover-cluster-staging',
    'prover-cluster-production',
  ]);
});

test("AWS's own roles are made under the names that policies use", () => {
  const { autoScaling, ec2Fleet, ec2Spot } = names.roles;
  const made = Object.values(names.serviceLinkedServices)
    .flatMap((services) => Object.entries(services))
    .map(([role, service]) => `aws-service-role/${service}/${role}`);
  // Spot capacity is launched in ops and in service accounts.
  expect([...new Set(made)].sort()).toEqual([autoScaling, ec2Fleet, ec2Spot].sort());
  expect(autoScaling).toBe('aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling');
});

test('pointers of every image', () => {
  expect(
    names.imageKinds.flatMap((kind) => [names.pointerName(kind, 'latest'), names.pointerName(kind, 'validated')]),
  ).toEqual([
    '/boundless/ami/manager/latest',
    '/boundless/ami/manager/validated',
    '/boundless/ami/prover/latest',
    '/boundless/ami/prover/validated',
    '/boundless/ami/bento/latest',
    '/boundless/ami/bento/validated',
  ]);
});

test('state', () => {
  expect(names.stateBucket('111111111111', 'us-west-2')).toBe('boundless-terraform-state-111111111111-us-west-2');
  expect(names.stateKey('ops')).toBe('ops.tfstate');
  expect(names.stateKey('prover-cluster-staging')).toBe('prover-cluster-staging.tfstate');
});

test('names fit where they go', () => {
  // IAM role names have at most 64 characters, bucket names 63 (IAM and S3 quotas); environments have at most 20.
  const longest = 'e'.repeat(20);
  for (const role of names.instanceRoles) expect(names.roles.instance(longest, role).length).toBeLessThanOrEqual(64);
  expect(names.roles.codeBuild(names.clusterProject.deployment(longest)).length).toBeLessThanOrEqual(64);
  expect(names.stateBucket('1'.repeat(12), 'ap-southeast-2').length).toBeLessThanOrEqual(63);
});
