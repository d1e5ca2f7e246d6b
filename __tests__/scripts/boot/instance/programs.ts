import type { RootRun, Chroot } from '../../root/chroot';

/** What a release's programs do as far as the boot can see, and what a GPU instance reports about itself. */
export const programs: Readonly<Record<string, string>> = {
  // Each start leaves its words and the names of its variables. An agent migrates the database, and takes part only
  // with all that it needs.
  '/usr/local/bin/bento-agent': `#!/bin/bash
set -euo pipefail
unit=\${PROMETHEUS_METRICS_ADDR##*:}
echo "$*" >"/run/started/agent-$unit"
env | sort >"/run/started/agent-$unit.env"
if [[ -e /run/agents-fail ]]; then exit 1; fi
[[ $(/usr/local/lib/boundless/bin/valkey-cli -u "$REDIS_URL" --no-auth-warning ping) == PONG ]]
# One at a time, as sqlx sees to.
flock /run/migrating /usr/local/lib/boundless/bin/postgresql/psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 "$DATABASE_URL" <<SQL
CREATE TABLE IF NOT EXISTS _sqlx_migrations (version bigint PRIMARY KEY, success boolean NOT NULL);
INSERT INTO _sqlx_migrations SELECT generate_series(1, $(cat /run/migrations)), true ON CONFLICT DO NOTHING;
SQL
exec sleep infinity
`,
  '/usr/local/bin/bento-rest-api': `#!/usr/bin/python3
import http.server, os, sys
with open("/run/started/api.env", "w") as file:
    file.write("".join(f"{name}={value}\\n" for name, value in sorted(os.environ.items())))
with open("/run/started/api", "w") as file:
    file.write(" ".join(sys.argv[1:]))
class Health(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
http.server.ThreadingHTTPServer(("0.0.0.0", 8081), Health).serve_forever()
`,
  '/usr/local/bin/broker': `#!/bin/bash
echo "$*" >/run/started/broker
env | sort >/run/started/broker.env
cat /etc/bento/broker.toml >/dev/null || exit 1
trap 'sleep 0.5; echo drained >/run/started/broker-drained; exit 0' TERM
sleep infinity &
wait
`,
  '/usr/bin/nvidia-modprobe': '#!/bin/sh\n',
  '/usr/bin/nvidia-smi': `#!/bin/sh
cat /run/gpus
`,
};

/** An agent that does nothing, for an instance whose manager is none. */
export const idleAgent = `#!/bin/bash
unit=\${PROMETHEUS_METRICS_ADDR##*:}
echo "$*" >"/run/started/agent-$unit"
env | sort >"/run/started/agent-$unit.env"
exec sleep infinity
`;

/**
 * What a prover sees of its manager before it starts: ports that are open, and end each connection. Ends when it is
 * killed.
 */
export const standInStores = (root: Chroot): RootRun =>
  root.run([
    '/usr/bin/python3',
    '-c',
    `import select, socket
open_ones = [socket.create_server(("127.0.0.9", port)) for port in (5432, 6379)]
while True:
    for server in select.select(open_ones, [], [])[0]:
        server.accept()[0].close()`,
  ]);
