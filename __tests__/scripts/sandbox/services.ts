import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bootedRoot, type BootedRoot } from '../root/booted-root';

/** An instance whose units a real systemd runs, with stand-ins for the programs of a release. */
export interface Services extends BootedRoot {
  /** Runs a script of bash beside the services, with the libraries of the bake; fails where it fails. */
  bash(script: string): Promise<string>;
  /** Which release the stand-ins are of, from now on. */
  release(version: string): void;
  /** Starts a unit, waits until its program is ready or has failed, and stops it: what it wrote, and how it ended. */
  lived(unit: string): Promise<{ readonly output: string; readonly result: string }>;
}

/** The table that sqlx keeps; agents make it when they migrate. */
export const migrated = `CREATE TABLE IF NOT EXISTS _sqlx_migrations (version bigint PRIMARY KEY, success boolean NOT NULL);
INSERT INTO _sqlx_migrations SELECT generate_series(1, 5), true ON CONFLICT DO NOTHING;`;

const programs = ['bento-agent', 'bento-rest-api', 'broker'].map((name) => `/usr/local/bin/${name}`);
const groth16 = '/opt/risc0/extensions/v0.1.0-risc0-groth16';
const prepared = ['preprocessed_coeffs.bin', 'fuzzed_msm_results.bin'];
const keys = [
  ...['stark_verify_final.zkey', 'stark_verify_graph.bin', ...prepared].map((name) => `${groth16}/${name}`),
  ...['verify_for_guest_final.zkey', 'verify_for_guest_graph.bin', ...prepared].map(
    (name) => `/opt/blake3-groth16/${name}`,
  ),
];

/** As the bake does it, with its own functions. */
const bake = String.raw`
install -d /etc/bento /run/out
echo '{"image": "bento", "version": "v1.2.2", "broker_version": "v1.2.2", "artifacts": []}' >/etc/bento/release.json
make_users
put_user valkey /var/lib/valkey
put_user bento-queue /nonexistent
put_user bento-smoke /nonexistent
for service in api aux executor broker; do put_user "bento-$service" /nonexistent; done
id postgres >/dev/null 2>&1 || put_user postgres /var/lib/postgresql
install_units
install_boot_programs
install_templates
for unit in $(units_of_image); do
  if [[ $unit == *.service ]]; then install -D /run/output.conf "/etc/systemd/system/$unit.d/output.conf"; fi
done
systemctl daemon-reload
make_risc0_home
pause_updates
put_link "$(ls -d /usr/lib/postgresql/*/bin | sort --version-sort | tail -n 1)" /usr/local/lib/boundless/bin/postgresql
put_link /usr/bin/redis-server /usr/local/lib/boundless/bin/valkey-server
put_link /usr/bin/redis-cli /usr/local/lib/boundless/bin/valkey-cli
for device in nvidia0 nvidiactl nvidia-uvm; do mknod -m 666 "/dev/$device" c 1 3; done
`;

/** As the boot does it. */
const configure = String.raw`
cd /usr/local/lib/boundless
/usr/bin/python3 - <<'PYTHON'
from pathlib import Path
from bento_boot import stores
etc = Path("/etc/bento")
(etc / "postgresql.conf").write_text(stores.postgresql_conf([], 1024))
(etc / "pg_hba.conf").write_text(stores.pg_hba_conf([]))
(etc / "pg_ident.conf").write_text(stores.pg_ident_conf())
(etc / "valkey.conf").write_text(stores.valkey_conf([], 1024))
(etc / "valkey.acl").write_text(stores.valkey_users(["secret"]))
(etc / "database-password").write_text("secret")
PYTHON
for service in api executor aux broker prover logs; do echo 'RUST_LOG="info"' >"/etc/bento/$service.env"; done
echo 5 >/etc/bento/migration
cp /run/broker.toml /etc/bento/broker.toml
chgrp bento-broker /etc/bento/broker.toml && chmod 640 /etc/bento/broker.toml
chown postgres /etc/bento/pg_hba.conf /etc/bento/pg_ident.conf /etc/bento/database-password
chown valkey /etc/bento/valkey.conf /etc/bento/valkey.acl
`;

export async function startServices(place: string): Promise<Services> {
  const root = await bootedRoot(place, { shown: ['/usr/lib/postgresql'] });
  spawnSync('mkdir', ['-p', root.path('/repository')]);
  spawnSync('cp', ['-r', '--parents', 'scripts', 'service_files', root.path('/repository')]);
  root.write({
    '/run/output.conf': '[Service]\nStandardOutput=append:/run/out/%N\nStandardError=inherit\nRestart=no\n',
    '/etc/systemd/system/apt-daily.timer': '[Timer]\nOnCalendar=daily\n',
    '/etc/systemd/system/apt-daily-upgrade.timer': '[Timer]\nOnCalendar=daily\n',
    '/usr/local/lib/stand-ins/programs.py': readFileSync(path.join(__dirname, 'programs.py')),
    '/run/boundless-release': '1.2.2',
    '/run/broker.toml': readFileSync('config/broker/broker.toml'),
    ...Object.fromEntries(keys.map((file) => [file, 'a key'])),
  });
  for (const program of [...programs, '/usr/bin/vector'])
    root.write(
      {
        [program]: `#!/bin/sh\nSTAND_IN_RELEASE=$(cat /run/boundless-release) exec /usr/bin/python3 -B /usr/local/lib/stand-ins/programs.py ${path.basename(program)} "$@"\n`,
      },
      0o755,
    );
  root.write({ '/usr/bin/nvidia-modprobe': '#!/bin/sh\n' }, 0o755);

  const bash = async (script: string) => {
    const { code, stdout, stderr } = await root.inside([
      'bash',
      '-euc',
      `export IMAGE=bento; here=/repository/scripts
for library in all checks sandbox checks-gpu; do . "$here/lib/$library.sh"; done
VERSION=v$(cat /run/boundless-release)
${script}`,
    ]);
    if (code !== 0) throw new Error(stdout + stderr);
    return stdout;
  };
  const shown = async (unit: string, property: string) =>
    (await root.inside(['systemctl', 'show', '--value', `--property=${property}`, unit])).stdout.trim();
  const output = (unit: string) => {
    const read = spawnSync('cat', [root.path(`/run/out/${unit.replace('.service', '')}`)], { encoding: 'utf8' });
    return read.stdout;
  };
  try {
    await bash(bake + configure);
  } catch (error) {
    await root.close();
    throw error;
  }
  return {
    ...root,
    bash,
    release: (version) => {
      root.write({ '/run/boundless-release': version });
    },
    async lived(unit) {
      await root.inside(['rm', '-f', `/run/out/${unit.replace('.service', '')}`]);
      await root.inside(['systemctl', 'reset-failed']);
      const started = await root.inside(['systemctl', 'start', unit]);
      for (let tries = 0; started.code === 0 && tries < 1200; tries += 1) {
        if (output(unit).includes('ready\n') || (await shown(unit, 'ActiveState')) !== 'active') break;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      await root.inside(['systemctl', 'stop', unit]);
      return { output: output(unit) + started.stderr, result: await shown(unit, 'Result') };
    },
  };
}
