"""Configuration of PostgreSQL and Valkey, which live on the manager and serve the provers of its VPC."""

import hashlib
import os
from typing import Iterable

from .contract import DATA, POSTGRESQL_PORT, VALKEY_PORT
from .environment import DATABASE, DATABASE_USER

MIB = 1024 * 1024
# The user that measures Valkey. It has no password: it may only read statistics.
VALKEY_MEASURER = "bento-queue"
# The connection's own commands come first: some of them are dangerous, and none of the others is.
AGENT_COMMANDS = "-@all +@connection -@admin -@dangerous +get +mget +set +setex +del +unlink +scan +unwatch +acl|load"


def memory_mib() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // MIB


def postgresql_conf(addresses: list[str], memory: int) -> str:
    # Each agent keeps one connection and aux four (docs/facts/bento.md#agents), the API ten (docs/facts/bento.md#api):
    # 100 provers of eight GPUs fit.
    return f"""# Written at boot; changes are lost.
listen_addresses = '{','.join(['127.0.0.1', *addresses])}'
port = {POSTGRESQL_PORT}
max_connections = 1000
unix_socket_directories = '/run/bento-postgresql'
hba_file = '/etc/bento/pg_hba.conf'
ident_file = '/etc/bento/pg_ident.conf'
password_encryption = 'scram-sha-256'
shared_buffers = '{max(128, min(memory // 8, 8192))}MB'
log_destination = 'stderr'
logging_collector = off
log_line_prefix = '%u@%d '
timezone = 'UTC'
log_timezone = 'UTC'
"""


def pg_hba_conf(networks: list[str]) -> str:
    """Only the instance's own users need no password; from outside, only Bento reaches its own database."""
    outside = "".join(f"host {DATABASE} {DATABASE_USER} {network} scram-sha-256\n" for network in networks)
    return f"""# Written at boot; changes are lost.
local {DATABASE} {DATABASE_USER} peer map=bento
local all all peer
host {DATABASE} {DATABASE_USER} 127.0.0.1/32 scram-sha-256
{outside}"""


def pg_ident_conf() -> str:
    """
    Which users of this instance are Bento at the socket (PostgreSQL, "User Name Maps"): who deletes done jobs, the API,
    which waits for the migrations before it starts and has Bento's password anyway, and the server's own user, since what a
    superuser does in a database of others runs their functions (postgresql-database.sh).
    """
    users = "".join(f"bento {user} {DATABASE_USER}\n" for user in ("bento", "bento-api", "postgres"))
    return f"# Written at boot; changes are lost.\n{users}"


def valkey_users(passwords: Iterable[str]) -> str:
    """
    Agents are the one user, with any of the passwords (Valkey, "ACL"): provers take a new one after the manager. It has the
    commands that agents of every release call (docs/facts/bento.md#commands-of-agents), and the one that reads this list
    again, by which the boot changes passwords. The other one has INFO and no keys; it is reached from inside the cluster only,
    as all of Valkey.
    """
    digests = [f"#{hashlib.sha256(password.encode()).hexdigest()}" for password in dict.fromkeys(passwords)]
    return (
        f"user default on sanitize-payload ~* resetchannels {AGENT_COMMANDS} {' '.join(digests)}\n"
        f"user {VALKEY_MEASURER} on nopass sanitize-payload resetchannels -@all +info\n"
    )


def valkey_conf(addresses: list[str], memory: int) -> str:
    """
    Work in flight must never be evicted, and must outlive a restart (docs/facts/bento.md#work-in-flight). So writes
    fail when memory is full: an executor fails the job at its first one, since the API asks for no retries of it
    (`--exec-retries`, 0); a prover's task is tried three times. docs/boot.md, "Valkey's memory", describes what fills it;
    measure-queue.py measures it for an alarm.
    """
    return f"""# Written at boot; changes are lost.
bind 127.0.0.1 {' '.join(addresses)}
port {VALKEY_PORT}
protected-mode yes
aclfile /etc/bento/valkey.acl
supervised systemd
daemonize no
dir {DATA}/valkey
maxmemory {max(64, memory * 2 // 5)}mb
maxmemory-policy noeviction
appendonly yes
appendfsync everysec
save 900 1
"""
