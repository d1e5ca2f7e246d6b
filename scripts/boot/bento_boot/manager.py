"""How a machine becomes the manager."""

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable
from urllib.parse import unquote, urlsplit

import boto3

from . import address, aws, broker_toml, environment, executors, log, login, services, stores, volume
from .files import keep, put_back, write
from .identity import Machine
from .refusal import Refusal
from .release import Release
from .settings import Settings
from .store import Storage, Store

ETC = Path("/etc/bento")
TEMPLATE = Path("/usr/local/share/boundless/broker.toml")
TARGET = "bento-manager.target"
# The broker.toml that the running broker started with (bento-broker.service).
STARTED = Path("/run/bento-broker/started.toml")
SERVICES = ("api", "executor", "aux", "broker")
FILES = frozenset(
    {"broker.toml", "migration", "postgresql.conf", "pg_hba.conf", "database-password", "valkey.acl", "valkey.conf"}
    | {f"{service}.env" for service in SERVICES}
)


def _executors(settings: Settings) -> int:
    return executors.count(settings.executors, stores.memory_mib())


def _broker_toml(store: Store, settings: Settings) -> str:
    name, text = store.parameter("broker")
    overrides: dict[str, dict[str, Any]] = {} if text is None else broker_toml.parse_overrides(text, name)
    # Unless the cluster has a value of its own, null included.
    overrides.setdefault("market", {}).setdefault("max_concurrent_preflights", executors.preflights(_executors(settings)))
    return broker_toml.render(TEMPLATE.read_text(), overrides)


def check(store: Store, settings: Settings, keys: Storage, machine: Machine, patience: aws.Patience) -> None:
    """
    What can be wrong outside of this machine, before anything is changed: whoever fails with the data volume in hand
    keeps it from others.
    """
    _broker_toml(store, settings)
    check_storage(settings, keys, machine.region, patience)


def _mount(settings: Settings, machine: Machine, waiting: Callable[[], None]) -> None:
    if settings.data_volume_id is None:
        log.warning("no data volume: orders, tasks and files of Bento end with this machine")
        return
    if services.active(volume.MOUNT_UNIT):
        return
    volume.attach(settings.data_volume_id, machine, waiting)
    device = volume.wait_for(volume.device_of(settings.data_volume_id))
    volume.make_usable(device)
    write(Path("/run/systemd/system") / volume.MOUNT_UNIT, volume.mount_unit(device), 0o644)
    services.systemctl("daemon-reload")
    services.start(volume.MOUNT_UNIT, waiting)


def check_storage(settings: Settings, keys: Storage, region: str, patience: aws.Patience) -> None:
    """Agents would start all the same, and fail with the first task (bento.md 1.7)."""
    s3 = boto3.client(
        "s3",
        region_name=region,
        endpoint_url=aws.endpoint("s3"),
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        config=aws.CONFIG,
    )
    try:
        patience.call(f"opening the bucket {settings.bucket}", lambda: s3.head_bucket(Bucket=settings.bucket))
    except aws.ERRORS as error:
        raise Refusal(f"Bento's keys do not open the bucket {settings.bucket}: {aws.reason(error)}") from error


def _write_passwords(secrets: dict[str, str], accepted: list[str]) -> None:
    write(ETC / "database-password", secrets["database-password"], 0o640, group="postgres")
    write(ETC / "valkey.acl", stores.valkey_users(accepted), 0o640, group="valkey")


def _accepted(store: Store, secrets: dict[str, str]) -> list[str]:
    """Passwords of Valkey: provers go on with the one of before until they see that there is a new one."""
    previous = store.previous("valkey-password")
    return [secrets["valkey-password"], *([] if previous is None else [previous])]


def _load_passwords(accepted: list[str], waiting: Callable[[], None]) -> bool:
    """
    What the servers have in memory becomes what the files say; nobody who is connected is sent away.

    :returns: whether Valkey has one of the passwords, without which it takes no word of this
    """
    services.systemctl("reload", "bento-postgresql.service", waiting=waiting)
    return any(login.valkey("127.0.0.1", password, "ACL", "LOAD") for password in accepted)


def _write_stores(addresses: list[str], machine: Machine) -> None:
    memory = stores.memory_mib()
    write(ETC / "postgresql.conf", stores.postgresql_conf(addresses, memory), 0o644)
    write(ETC / "pg_hba.conf", stores.pg_hba_conf(machine.vpc_networks), 0o640, group="postgres")
    write(ETC / "valkey.conf", stores.valkey_conf(addresses, memory), 0o640, group="valkey")


def prepare(
    store: Store, settings: Settings, secrets: dict[str, str], keys: Storage, release: Release, machine: Machine
) -> None:
    """Everything that services read but for the stores' own configuration, which needs the address."""
    toml = _broker_toml(store, settings)
    write(ETC / "broker.toml", toml, 0o640, group="bento")
    # What the newest migration of this release is called, for whoever waits for it.
    write(ETC / "migration", f"{environment.newest_migration(release)}\n", 0o644)
    cancels = broker_toml.cancels(toml)
    variables = environment.environments("manager", settings, secrets, keys, release, machine.region, cancels)
    for service, values in variables.items():
        write(ETC / f"{service}.env", environment.render(values), 0o600)


def run(
    store: Store, settings: Settings, secrets: dict[str, str], machine: Machine, waiting: Callable[[], None]
) -> None:
    accepted = _accepted(store, secrets)
    _mount(settings, machine, waiting)
    # Only now: who has the volume has the address.
    addresses = address.take(settings.manager_address, machine, waiting)
    _write_stores(addresses, machine)
    _write_passwords(secrets, accepted)
    services.ensure("bento-postgresql.service", ETC / "postgresql.conf", ETC / "pg_hba.conf", waiting=waiting)
    services.ensure("bento-valkey.service", ETC / "valkey.conf", waiting=waiting)
    # The passwords of now, also where the servers ran already.
    if not _load_passwords(accepted, waiting):
        services.systemctl("restart", "bento-valkey.service", waiting=waiting)
    executors.prepare(_executors(settings), stores.memory_mib(), waiting)
    services.start(TARGET, waiting)
    for unit, file in _without_broker():
        services.ensure(unit, file, waiting=waiting)
    _look_at_broker()
    # The API starts once an agent has migrated; what it answers on /health says no more than that it is there.
    services.wait("the API", lambda: services.healthy("http://127.0.0.1:8081/health"), 900, waiting)
    services.expect_steady([*(unit for unit, _ in _without_broker()), "bento-broker.service"], 20)


def _without_broker() -> list[tuple[str, Path]]:
    """Services of Bento that may start again at any time, and their environments."""
    units = [(unit, ETC / "executor.env") for unit in executors.started()]
    return [*units, *((f"bento-{name}.service", ETC / f"{name}.env") for name in ("aux", "api"))]


def _look_at_broker() -> None:
    if services.outdated("bento-broker.service", [ETC / "broker.env"]):
        log.warning("the broker runs with its old environment: restart it when its orders allow, it drains first")
    # No such file: it does not run, or is starting.
    keys = broker_toml.changed_at_start(STARTED.read_text(), (ETC / "broker.toml").read_text()) if STARTED.exists() else []
    if keys:
        log.warning(
            f"the broker reads {', '.join(keys)} only as it starts: restart it when its orders allow, it drains first "
            "(systemctl restart bento-broker)"
        )


def _with_wallet_of_now(secrets: dict[str, str], release: Release) -> dict[str, str]:
    """A broker that fell and came back with another wallet would leave the orders of the first one unfulfilled."""
    name = "PROVER_PRIVATE_KEY" if release.broker_from("1.1.0") else "PRIVATE_KEY"
    wallet = environment.parse((ETC / "broker.env").read_text())[name]
    if wallet == secrets["wallet-key"]:
        return secrets
    log.warning("the wallet key is another one now: docs/secrets.md says how a manager takes it")
    return {**secrets, "wallet-key": wallet}


def _expect_stores(accepted: list[str]) -> None:
    for unit in ("bento-postgresql.service", "bento-valkey.service"):
        if not services.active(unit):
            raise Refusal(f"{unit} does not run, and takes no password; run `systemctl start bento-configure`")
    if not any(login.valkey("127.0.0.1", password) for password in accepted):
        raise Refusal("Valkey takes none of the passwords that there are; run `systemctl start bento-configure`")


def _with_executors_of_now(settings: Settings) -> Settings:
    """A refresh starts and stops none; orders are priced by those that there are."""
    present, wanted = len(executors.started()), _executors(settings)
    if present != wanted:
        log.warning(f"the settings want {wanted} executors, and {present} are here: run `systemctl start bento-configure`")
    return replace(settings, executors=present)


def _renew(running: list[tuple[str, Path]], accepted: list[str]) -> None:
    _load_passwords(accepted, lambda: None)
    for unit, file in running:
        services.renew(unit, file)
    _look_at_broker()


def refresh(
    store: Store, settings: Settings, secrets: dict[str, str], keys: Storage, release: Release, machine: Machine
) -> None:
    """Takes what has changed while the role works; what does not work is put back."""
    environment.refuse_other_bucket((ETC / "api.env").read_text(), settings)
    settings = _with_executors_of_now(settings)
    check(store, settings, keys, machine, aws.Patience())
    secrets = _with_wallet_of_now(secrets, release)
    # Its own as well: there may have been two new ones since.
    own = urlsplit(environment.parse((ETC / "aux.env").read_text())["REDIS_URL"]).password
    accepted = [*_accepted(store, secrets), unquote(str(own))]
    _expect_stores(accepted)
    # Only what runs: somebody may have stopped the rest on purpose.
    running = [(unit, file) for unit, file in _without_broker() if services.active(unit)]
    before = keep(ETC, FILES)
    try:
        prepare(store, settings, secrets, keys, release, machine)
        _write_passwords(secrets, accepted)
        _renew(running, accepted)
    except BaseException:
        put_back(before)
        _renew(running, accepted)
        raise
