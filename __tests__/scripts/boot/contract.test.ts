import {
  clusterPath,
  clusterSecrets,
  lifecycleHooks,
  nodeRoles,
  optionalSecrets,
  type ClusterSecret,
} from '../../../config/names';
import { resourceWith, stackOf, synthesize } from '../../support/synthesized';
import { describeWith } from '../../support/tools';
import { python, pythonPackages } from './python';

/** Names that the stacks give and the machines use; neither reads the other's files. */
describeWith(pythonPackages, 'names', () => {
  const boot = python(
    `
from bento_boot import identity, lifecycle, store
print(json.dumps({
    "roles": identity.ROLES,
    "path": store.prefix("staging"),
    "hooks": {"launch": lifecycle.LAUNCH_HOOK, "terminate": lifecycle.TERMINATE_HOOK},
    "required": store.REQUIRED,
    "optional": store.OPTIONAL,
}))`,
    {},
  ).value as {
    roles: string[];
    path: string;
    hooks: Record<string, string>;
    required: Record<string, string[]>;
    optional: Record<string, string[]>;
  };

  test('roles, path and hooks are those of the stacks', () => {
    expect(boot.roles).toEqual(nodeRoles);
    expect(boot.path).toBe(clusterPath('staging'));
    expect(boot.hooks).toEqual(lifecycleHooks);
  });

  test.each(nodeRoles)('a %s reads the secrets that the stack lets it read, and no others', (role) => {
    const names = Object.keys(clusterSecrets) as ClusterSecret[];
    const readable = names.filter((name) => (clusterSecrets[name] as readonly string[]).includes(role));
    const optional = readable.filter((name) => (optionalSecrets as readonly string[]).includes(name));
    expect(boot.required[role]).toEqual(readable.filter((name) => !optional.includes(name)));
    expect(boot.optional[role]).toEqual(optional);
  });

  const stacks = synthesize();
  test.each(['staging', 'production'].flatMap((environment) => nodeRoles.map((role) => [environment, role] as const)))(
    'a machine of %s that is launched as a %s takes that role',
    (environment, role) => {
      const stack = stackOf(stacks, `prover-cluster-${environment}`);
      const template = resourceWith(stack, 'aws_launch_template', 'name', `${stack.name}-${role}`);
      const specifications = template['tag_specifications'] as {
        resource_type: string;
        tags: Record<string, string>;
      }[];
      const tags = specifications.find(({ resource_type: type }) => type === 'instance')!.tags;
      expect(template).not.toHaveProperty('user_data');
      const purposes = python(
        `
from pathlib import Path
from bento_boot import identity

class Metadata:
    def get(self, path):
        return given["tags"].get(path.removeprefix("tags/instance/"))

class Release:
    image = given["role"]

found = identity.read_purpose(Metadata(), Release(), Path("/nowhere"))
print(json.dumps([found.role, found.environment]))`,
        { tags, role },
      ).value;
      expect(purposes).toEqual([role, environment]);
    },
  );
});
