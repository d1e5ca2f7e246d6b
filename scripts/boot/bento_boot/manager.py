"""How an instance becomes the manager."""

from dataclasses import replace
from pathlib import Path
from typing import Callable
from urllib.parse import unquote, urlsplit

import boto3

from . import address, aws, broker_toml, environment, executors, log, login, services, stores, volume
from .contract import API_PORT
from .files import keep, put_back, write
from .identity import Instance
from .refusal import Refusal
from .release import Release
from .settings import Settings
from .store import Storage, Store

ETC = Path("/etc/bento")
TARGET = "bento-manager.target"
# The broker.toml that the running broker started with (bento-broker.service).
STARTED = Path("/run/bento-broker/started.toml")
SERVICES = ("api", "executor", "aux", "broker")
FILES = frozenset(
    {"broker.toml", "migration", "postgresql.conf", "pg_hba.conf", "pg_ident.conf", "database-password", "valkey.acl", "valkey.conf"}
    | {f"{service}.env" for service in SERVICES}
)


def _executors(settings: Settings) -> int:
    return executors.count(settings.executors, stores.memory_mib())


def _broker_toml(store: Store, settings: Settings, release: Release) -> str:
    name, text = store.parameter("broker-configuration")
    if text is None:
        raise Refusal(
            f"the parameter {name} is missing; deploy the cluster's stack of this image's commit or a later one, or start "
            "an image of the stack's own commit (docs/boot.md)"
        )
    toml = broker_toml.of_release(text, name, release.broker_version)
    return broker_toml.with_preflights(toml, executors.preflights(_executors(settings)))


def check(
    store: Store, settings: Settings, keys: Storage, release: Release, instance: Instance, patience: aws.Patience
) -> None:
    """
    What can be wrong outside of this instance, before anything is changed: an instance that fails after it has
    attached the data volume keeps it from others.
    """
    _broker_toml(store, settings, release)
    check_storage(settings, keys, instance.region, patience)


def _mount(settings: Settings, instance: Instance, waiting: Callable[[], None]) -> None:
    if settings.data_volume_id is None:
        log.warning("no data volume: orders, tasks and files of Bento end with this instance")
        return
    if services.active(volume.MOUNT_UNIT):
        return
    volume.attach(settings.data_volume_id, instance, waiting)
    device = volume.wait_for(volume.device_of(settings.data_volume_id))
    volume.make_usable(device)
    write(Path("/run/systemd/system") / volume.MOUNT_UNIT, volume.mount_unit(device), 0o644)
    services.systemctl("daemon-reload")
    services.start(volume.MOUNT_UNIT, waiting)


def check_storage(settings: Settings, keys: Storage, region: str, patience: aws.Patience) -> None:
    """Agents would start all the same, and fail with the first task (docs/facts/bento.md#missing-dependencies)."""
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
    """Passwords of Valkey: provers use the previous one until they see that there is a new one."""
    previous = store.previous("valkey-password")
    return [secrets["valkey-password"], *([] if previous is None else [previous])]


def _load_passwords(accepted: list[str], waiting: Callable[[], None]) -> bool:
    """
    Has the servers load the passwords of the files; open connections stay.

    :returns: whether Valkey has one of the passwords, without which it refuses the command
    """
    services.systemctl("reload", "bento-postgresql.service", waiting=waiting)
    return any(login.valkey("127.0.0.1", password, "ACL", "LOAD") for password in accepted)


def _write_stores(addresses: list[str], instance: Instance) -> None:
    memory = stores.memory_mib()
    write(ETC / "postgresql.conf", stores.postgresql_conf(addresses, memory), 0o644)
    write(ETC / "pg_hba.conf", stores.pg_hba_conf(instance.vpc_networks), 0o640, group="postgres")
    write(ETC / "pg_ident.conf", stores.pg_ident_conf(), 0o640, group="postgres")
    write(ETC / "valkey.conf", stores.valkey_conf(addresses, memory), 0o640, group="valkey")


def prepare(
    store: Store, settings: Settings, secrets: dict[str, str], keys: Storage, release: Release, instance: Instance
) -> None:
    """Everything that services read but for the stores' own configuration, which needs the address."""
    toml = _broker_toml(store, settings, release)
    write(ETC / "broker.toml", toml, 0o640, group="bento-broker")
    # The newest migration of this release, for services that wait for it.
    write(ETC / "migration", f"{environment.newest_migration(release)}\n", 0o644)
    cancels = broker_toml.cancels(toml)
    variables = environment.environments("manager", settings, secrets, keys, release, instance.region, cancels)
    for service, values in variables.items():
        write(ETC / f"{service}.env", environment.render(values), 0o600)


def run(
    store: Store, settings: Settings, secrets: dict[str, str], instance: Instance, waiting: Callable[[], None]
) -> None:
    accepted = _accepted(store, secrets)
    _mount(settings, instance, waiting)
    # Only now: who has the volume has the address.
    addresses = address.take(settings.manager_address, instance, waiting)
    _write_stores(addresses, instance)
    _write_passwords(secrets, accepted)
    files = [ETC / name for name in ("postgresql.conf", "pg_hba.conf", "pg_ident.conf")]
    services.ensure("bento-postgresql.service", *files, waiting=waiting)
    services.ensure("bento-valkey.service", ETC / "valkey.conf", waiting=waiting)
    # The current passwords, also where the servers ran already.
    if not _load_passwords(accepted, waiting):
        services.systemctl("restart", "bento-valkey.service", waiting=waiting)
    executors.prepare(_executors(settings), stores.memory_mib(), waiting)
    services.start(TARGET, waiting)
    for unit, file in _without_broker():
        services.ensure(unit, file, waiting=waiting)
    _look_at_broker()
    # The API starts once an agent has migrated; its answer on /health shows only that it runs.
    services.wait("the API", lambda: services.healthy(f"http://127.0.0.1:{API_PORT}/health"), 900, waiting)
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
    log.warning("the wallet key has changed: docs/secrets.md describes how a manager takes it")
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
    store: Store, settings: Settings, secrets: dict[str, str], keys: Storage, release: Release, instance: Instance
) -> None:
    """Takes what has changed while the role works; what does not work is put back."""
    environment.refuse_other_bucket((ETC / "api.env").read_text(), settings)
    settings = _with_executors_of_now(settings)
    check(store, settings, keys, release, instance, aws.Patience())
    secrets = _with_wallet_of_now(secrets, release)
    # Its own as well: there may have been two new ones since.
    own = urlsplit(environment.parse((ETC / "aux.env").read_text())["REDIS_URL"]).password
    accepted = [*_accepted(store, secrets), unquote(str(own))]
    _expect_stores(accepted)
    # Only what runs: an operator may have stopped the rest on purpose.
    running = [(unit, file) for unit, file in _without_broker() if services.active(unit)]
    before = keep(ETC, FILES)
    try:
        prepare(store, settings, secrets, keys, release, instance)
        _write_passwords(secrets, accepted)
        _renew(running, accepted)
    except BaseException:
        put_back(before)
        _renew(running, accepted)
        raise
