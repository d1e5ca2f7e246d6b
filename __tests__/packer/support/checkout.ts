import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { writeStandIns } from '../../scripts/support';
import { templatesForLocalBake, packerVersion } from '../../../lab/local-bake';
import { writeTemplates } from '../../../lab/local-bake/templates';
import { hasPlugins } from '../../../lab/local-bake/version';

/** Templates that the local bake changes nothing of. */
const asTheyAre = ['packer/locals.pkr.hcl', 'packer/variables.pkr.hcl'];

/**
 * A copy of the repository as a build sees it, with the templates of the local bake: those that the installed Packer
 * knows, for an EC2 at the endpoint.
 */
export async function layOutCheckout(folder: string, endpoint: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const version = await packerVersion();
  const { templates } = await templatesForLocalBake(endpoint, version);
  const adapted = new Map([...templates].filter(([name]) => !asTheyAre.includes(`packer/${name}`)));
  await writeTemplates(adapted, path.join(folder, 'packer'), { withPlugins: hasPlugins(version) });
  for (const name of [...asTheyAre, 'packer/build', 'packer/tools.lock', 'scripts', 'service_files'])
    cpSync(name, path.join(folder, name), { recursive: true });
}

/**
 * Programs that a build must not run on this instance: `dpkg` and `sudo` install nothing, and where Packer is too old for
 * plugins, its `init` is left out. With PACKER_CHECKED=1 Packer only bakes: its checks have passed these templates.
 */
export async function standInsOfBuild(folder: string): Promise<string> {
  const init = hasPlugins(await packerVersion()) ? '' : '[[ $1 != init ]] || exit 0';
  return writeStandIns(folder, {
    dpkg: 'true',
    sudo: '"$@"',
    packer: `${init}\n[[ $1 == build || -z \${PACKER_CHECKED:-} ]] || exit 0\nPATH=\${PATH#${folder}:} exec packer "$@"`,
  });
}
