import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { buildMinutes } from '../../config/build-time';
import { imageKinds, keyAliases, packerBuilderProfile, project } from '../../config/names';
import { forLocalAws, forPacker, unknownToOldPacker } from '../../lab/local-bake/adapt';
import { bodies, isObject, type JsonObject } from '../../lab/local-bake/json';
import { readTemplates, sourceBodies, type Templates } from '../../lab/local-bake/templates';

let templates: Templates;
let source: JsonObject;
beforeAll(async () => {
  templates = await readTemplates();
  source = sourceBodies(templates.get('source.pkr.hcl')!)[0]!;
});

const buildOf = (image: string) => bodies(templates.get(`${image}.pkr.hcl`)!['build'])[0]!;
const instanceOf = (image: string) => sourceBodies(templates.get(`${image}.pkr.hcl`)!)[0]!;
const defaultOf = (variable: string) => {
  const all = templates.get('variables.pkr.hcl')!['variable'];
  return bodies(isObject(all) ? all[variable] : undefined)[0]?.['default'];
};

test.each([
  ['aws_region', 'us-west-2'],
  ['instance_type', 'c7a.4xlarge'],
  ['boundless_version', 'latest'],
  ['service_account_ids', []],
  ['environment', 'production'],
  ['gpu_instance_type', 'g6.xlarge'],
  ['source_ami', ''],
  ['image_wait_minutes', 60],
  ['kms_key_id', keyAliases.ami],
  ['iam_instance_profile', packerBuilderProfile],
  ['spot', true],
  ['require_verified_downloads', true],
  ['report_dir', '.'],
])('%s is %j by default', (variable, value) => {
  expect(defaultOf(variable)).toEqual(value);
});

test('one build for each image, of its name, from the one source', () => {
  for (const image of imageKinds) {
    expect(buildOf(image)['name']).toBe(image);
    expect(instanceOf(image)['name']).toBe(image);
    expect(Object.keys(bodies(buildOf(image)['source'])[0]!)).toEqual(['source.amazon-ebs.ubuntu']);
  }
  const builds = [...templates.values()].flatMap((template) => bodies(template['build']));
  expect(builds).toHaveLength(imageKinds.length);
});

describe('the source', () => {
  test('is an image of Canonical, and of no owner with the same name', () => {
    expect(source['source_ami_filter']).toMatchObject([
      {
        owners: ['099720109477'],
        most_recent: true,
        filters: { name: 'ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-server-*' },
      },
    ]);
  });

  test('is the one that the build found, if the filter finds it too', () => {
    expect(source['source_ami']).toBe('${var.source_ami}');
  });

  test('demands IMDSv2 of the builder', () => {
    expect(source['metadata_options']).toEqual([
      { http_endpoint: 'enabled', http_tokens: 'required', http_put_response_hop_limit: 1 },
    ]);
  });

  // What the step StepModifyAMIAttributes of the amazon plugin (1.8.1) looks at. The build role may not call it, since
  // a caller with that right could share the image; accounts are named by manual builds only.
  test.each([
    ...['ami_description', 'ami_groups', 'ami_org_arns', 'ami_ou_arns', 'ami_product_codes', 'imds_support'],
    ...['snapshot_groups', 'snapshot_users'],
  ])('sets no %s, which takes ModifyImageAttribute or ModifySnapshotAttribute', (name) => {
    for (const body of [source, ...imageKinds.map(instanceOf)]) expect(body).not.toHaveProperty(name);
  });

  test('is reached through Session Manager, and by nothing from outside', () => {
    expect(source).toMatchObject({
      communicator: 'ssh',
      ssh_interface: 'session_manager',
      temporary_security_group_source_cidrs: ['127.0.0.1/32'],
      ssh_clear_authorized_keys: true,
    });
  });

  test('ends when its Packer dies, and waits for a bounded time', () => {
    expect(source['shutdown_behavior']).toBe('terminate');
    const [header] = (source['user_data'] as string).split('\n');
    expect(header).toBe('#cloud-config');
    const { bootcmd } = parse(source['user_data'] as string) as { bootcmd: string[][] };
    expect(bootcmd).toEqual([['systemd-run', '--on-active=120min', 'systemctl', 'poweroff']]);
    expect(120).toBeGreaterThan(2 * buildMinutes.bake);
    expect(source['aws_polling']).toEqual([{ delay_seconds: 15, max_attempts: '${var.image_wait_minutes * 4}' }]);
  });
});

describe.each(imageKinds)('the image %s', (image) => {
  test('is encrypted with the factory key from the start', () => {
    expect(instanceOf(image)['launch_block_device_mappings']).toMatchObject([
      { device_name: '/dev/sda1', volume_type: 'gp3', encrypted: true, kms_key_id: '${var.kms_key_id}' },
    ]);
  });

  test('has a name and tags of its own', () => {
    expect(instanceOf(image)).toMatchObject({
      ami_name: `\${local.names.${image}}`,
      tags: `\${local.image_tags.${image}}`,
      snapshot_tags: `\${local.image_tags.${image}}`,
      run_tags: `\${local.build_tags.${image}}`,
      run_volume_tags: `\${local.build_tags.${image}}`,
    });
  });

  const shells = () => bodies((buildOf(image)['provisioner'] as JsonObject)['shell']);

  test('is set up by the common script and its own, rebooted, verified and only then cleaned', () => {
    const own = image === 'bento' ? ['setup-manager.sh', 'setup-prover.sh'] : [`setup-${image}.sh`];
    const command = (script: string) => `bash \${local.work}/scripts/${script}`;
    expect(shells().map(({ inline }) => inline)).toEqual([
      '${local.wait_for_boot}',
      ['setup.sh', ...own].map(command),
      ['sudo systemctl reboot'],
      ['verify.sh'].map(command),
      ['cleanup.sh'].map(command),
    ]);
    // Without -e a failed script would not end the bake.
    expect(JSON.stringify(templates.get('locals.pkr.hcl'))).toContain("bash -e '{{ .Path }}'");
  });

  test('survives its reboot, and repeats only what is safe to repeat', () => {
    const [, setup, reboot, verify, cleanup] = shells();
    expect(reboot).toMatchObject({ expect_disconnect: true, skip_clean: true, valid_exit_codes: [0, 143] });
    expect(verify).toMatchObject({ pause_before: '2m' });
    expect([setup, reboot, verify, cleanup].map((shell) => shell!['max_retries'])).toEqual([
      1,
      undefined,
      undefined,
      undefined,
    ]);
    for (const shell of [setup, verify, cleanup])
      expect(shell!['environment_vars']).toBe(`\${concat(local.install_environment, ["IMAGE=${image}"])}`);
  });

  test('gives its report and its inventory to the build', () => {
    const [, download] = bodies((buildOf(image)['provisioner'] as JsonObject)['file']);
    expect(download).toMatchObject({ direction: 'download', destination: '${var.report_dir}/' });
    expect(JSON.stringify(templates.get('locals.pkr.hcl'))).toContain('report.json');
  });
});

test('nothing opens a port to the world, leaves a disk plain, or makes the copy that encrypt_boot makes', () => {
  const text = JSON.stringify([...templates.values()]);
  expect(text).not.toMatch(
    /0\.0\.0\.0\/0|::\/0|encrypt_boot|ami_groups|"encrypted":false|snapshot_users|snapshot_groups/,
  );
  for (const image of imageKinds) expect(Object.keys(instanceOf(image))).not.toContain('kms_key_id');
});

test('builders and images carry the tags that roles and rules ask for', () => {
  const locals = JSON.stringify(templates.get('locals.pkr.hcl'));
  expect(locals).toMatch(new RegExp(`Project += \\\\"${project}\\\\"`));
  expect(locals).toMatch(/ManagedBy += \\"packer\\"/);
  for (const tag of [
    'Image',
    'Version',
    'BrokerVersion',
    'GitCommit',
    'BuildId',
    'InputsHash',
    'SourceAmi',
    'Environment',
  ])
    expect(locals).toMatch(new RegExp(`\\b${tag} += `));
});

test('the plugin is pinned, in the file that an old Packer leaves out', () => {
  const text = readFileSync('packer/plugins.pkr.hcl', 'utf8');
  expect(text).toMatch(/version = "= \d+\.\d+\.\d+"/);
  expect(JSON.stringify([...templates.values()])).not.toContain('required_plugins');
});

describe('the local bake', () => {
  test('takes from an old Packer only what it does not know', () => {
    const { templates: old, leftOut } = forPacker(templates, '1.6.6');
    expect(leftOut).toEqual(unknownToOldPacker);
    const keys = [...old.values()].flatMap(sourceBodies).flatMap((body) => Object.keys(body));
    const all = [...templates.values()].flatMap(sourceBodies).flatMap((body) => Object.keys(body));
    expect([...new Set(all)].filter((key) => !keys.includes(key)).sort()).toEqual([...unknownToOldPacker]);
  });

  test('takes nothing from a new one', () => {
    expect(forPacker(templates, '1.14.3')).toEqual({ templates, leftOut: [] });
  });

  test('changes how the instance is reached, and nothing else', () => {
    const local = forLocalAws(templates, 'http://127.0.0.1:1');
    const before = sourceBodies(templates.get('source.pkr.hcl')!)[0]!;
    const after = sourceBodies(local.get('source.pkr.hcl')!)[0]!;
    const changed = Object.keys({ ...before, ...after }).filter(
      (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
    );
    expect(changed.sort()).toEqual([
      'communicator',
      'custom_endpoint_ec2',
      'skip_profile_validation',
      'skip_region_validation',
      'ssh_interface',
    ]);
    for (const image of imageKinds) {
      expect(sourceBodies(local.get(`${image}.pkr.hcl`)!)).toEqual(sourceBodies(templates.get(`${image}.pkr.hcl`)!));
      expect(bodies(local.get(`${image}.pkr.hcl`)!['build'])[0]).not.toHaveProperty('provisioner');
    }
  });
});
