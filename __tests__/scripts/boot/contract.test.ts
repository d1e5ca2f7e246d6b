import {
  clusterPath,
  clusterSecrets,
  lifecycleHooks,
  nodeRoles,
  optionalSecrets,
  type ClusterSecret,
} from '../../../config/names';
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
});
