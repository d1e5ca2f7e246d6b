"""
The environment of each service: only what it reads, under the names that its release knows
(docs/facts/bento.md#agents, docs/facts/bento.md#broker-settings).
"""

import re
from typing import Mapping
from urllib.parse import quote

from .contract import POSTGRESQL_PORT, VALKEY_PORT
from .refusal import Refusal
from .release import Release
from .settings import Settings
from .store import Storage

DATABASE = "taskdb"
DATABASE_USER = "bento"

Variables = dict[str, str]


def render(variables: Mapping[str, str]) -> str:
    """
    Lines for EnvironmentFile= (systemd.exec(5)). An empty value is never written: for some variables being there
    already means "on" (docs/facts/bento.md#agents), and an empty address once stopped the broker
    (docs/facts/bento.md#broker-settings).
    """
    lines = []
    for name, value in variables.items():
        if value == "":
            continue
        if not value.isprintable():
            raise ValueError(f"{name} has characters that no line can hold")
        escaped = "".join(f"\\{character}" if character in '\\"$`' else character for character in value)
        lines.append(f'{name}="{escaped}"')
    return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> Variables:
    """What `render` wrote."""
    found = re.findall(r'^(\w+)="((?:[^"\\]|\\.)*)"$', text, re.MULTILINE)
    return {name: re.sub(r"\\(.)", r"\1", value) for name, value in found}


def _storage(settings: Settings, keys: Storage, region: str) -> Variables:
    return {
        "S3_BUCKET": settings.bucket,
        "S3_ACCESS_KEY": keys.access_key_id,
        "S3_SECRET_KEY": keys.secret_access_key,
        "S3_URL": f"https://s3.{region}.amazonaws.com",
        "S3_REGION": region,
    }


def _database_url(host: str, password: str) -> str:
    return f"postgresql://{DATABASE_USER}:{quote(password, safe='')}@{host}:{POSTGRESQL_PORT}/{DATABASE}"


def _valkey_url(host: str, password: str) -> str:
    # The name that every password without one belongs to; some clients take an empty name for another.
    return f"redis://default:{quote(password, safe='')}@{host}:{VALKEY_PORT}/0"


def _broker(secrets: Mapping[str, str], settings: Settings, release: Release, cancels: bool) -> Variables:
    urls = [url.strip() for url in secrets["rpc-urls"].split(",")]
    variables: Variables = {"RUST_LOG": settings.log_level}
    if release.broker_from("1.1.0"):
        variables["PROVER_PRIVATE_KEY"] = secrets["wallet-key"]
        if release.broker_from("1.2.0") and len(urls) > 1:
            variables["PROVER_RPC_URLS"] = ",".join(urls)
        else:
            variables["PROVER_RPC_URL"] = urls[0]
    else:
        variables["PRIVATE_KEY"] = secrets["wallet-key"]
        variables["RPC_URL"] = urls[0]
    # The broker reads its deployment all together or not at all (docs/facts/bento.md#market-deployment).
    if settings.deployment:
        variables.update(settings.deployment)
        variables["ORDER_STREAM_URL"] = secrets.get("order-stream-url", "")
        if settings.chain_id is not None:
            variables["MARKET_CHAIN_ID" if release.broker_from("1.1.0") else "CHAIN_ID"] = str(settings.chain_id)
    # It cancels jobs in Bento's database by itself, with variables of its own: 1.0 always, later ones where broker.toml
    # asks for it (crates/broker/src/proving.rs; provers/bonsai.rs, create_pg_pool).
    if cancels or not release.broker_from("1.1.0"):
        variables.update(
            POSTGRES_HOST="127.0.0.1",
            POSTGRES_PORT=str(POSTGRESQL_PORT),
            POSTGRES_DB=DATABASE,
            POSTGRES_USER=DATABASE_USER,
            POSTGRES_PASSWORD=secrets["database-password"],
        )
    return variables


def environments(
    role: str,
    settings: Settings,
    secrets: Mapping[str, str],
    keys: Storage,
    release: Release,
    region: str,
    cancels: bool = False,
) -> dict[str, Variables]:
    """
    Variables by service: api, aux, executor and broker of a manager, prover of a prover.

    :param cancels: whether broker.toml has cancel_proving_expired_orders
    """
    host = "127.0.0.1" if role == "manager" else settings.manager_address
    api = {"DATABASE_URL": _database_url(host, secrets["database-password"]), **_storage(settings, keys, region)}
    agent = {
        **api,
        "REDIS_URL": _valkey_url(host, secrets["valkey-password"]),
        "RUST_LOG": settings.log_level,
        # Only when it is set: its mere presence turns PoVW on.
        "POVW_LOG_ID": settings.povw_log_id or "",
    }
    if role == "prover":
        return {"prover": agent}
    return {
        "api": {**api, "RUST_LOG": settings.log_level, "SNARK_TIMEOUT_S": str(settings.snark_timeout_s)},
        "executor": {**agent, "SEGMENT_PO2": str(settings.segment_po2)},
        "aux": agent,
        "broker": _broker(secrets, settings, release, cancels),
    }


def refuse_other_bucket(text: str, settings: Settings) -> None:
    """
    A cluster whose instances move to another bucket one after the other would not find its files.

    :param text: an environment that a service has
    """
    bucket = parse(text)["S3_BUCKET"]
    if bucket != settings.bucket:
        raise Refusal(f"the bucket is {bucket}, and is to be {settings.bucket}: only new instances take another one")


def newest_migration(release: Release) -> int:
    """
    The newest migration of the database that a release's agents know (docs/facts/bento.md#migrations). They do not
    start on a database with later ones.
    """
    return 5 if release.bento_from("1.2.0") else 4 if release.bento_from("1.1.0") else 2
