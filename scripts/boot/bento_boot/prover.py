"""How an instance becomes a prover."""

from pathlib import Path
from typing import Callable
from urllib.parse import unquote, urlsplit

from . import aws, environment, log, login, logs, manager, services
from .contract import POSTGRESQL_PORT, VALKEY_PORT
from .files import keep, put_back, write
from .identity import Instance
from .refusal import Refusal
from .release import Release
from .settings import Settings
from .store import Storage, Store

ETC = Path("/etc/bento")
TARGET = "bento-prover.target"
FILES = frozenset({"prover.env"})
# Longer than a manager needs to follow another one, its drain left out: until then the old one serves.
MANAGER_WITHIN_S = 3600.0
# Secret, store, its port, the variable with its password, and what tries one.
STORES: tuple[tuple[str, str, int, str, login.Attempt], ...] = (
    ("database-password", "PostgreSQL", POSTGRESQL_PORT, "DATABASE_URL", login.postgresql),
    ("valkey-password", "Valkey", VALKEY_PORT, "REDIS_URL", login.valkey),
)


def await_manager(settings: Settings, waiting: Callable[[], None]) -> None:
    address = settings.manager_address
    for _, name, port, _, _ in STORES:
        services.wait(
            f"{name} of the manager at {address}:{port}",
            lambda port=port: services.answers(address, port),  # type: ignore[misc]
            MANAGER_WITHIN_S,
            waiting,
        )


def _login(variable: str) -> tuple[str, str]:
    """Host and password that the agents have."""
    url = urlsplit(environment.parse((ETC / "prover.env").read_text())[variable])
    return str(url.hostname), unquote(str(url.password))


def refused() -> bool:
    """Whether the manager has other passwords than this instance. False where the manager does not answer."""
    return any(attempt(*_login(variable)) is False for _, _, _, variable, attempt in STORES)


def with_passwords_of_manager(
    store: Store, settings: Settings, secrets: dict[str, str], present: dict[str, str]
) -> dict[str, str]:
    """
    The secrets with those passwords that the manager has: it may not have taken the new ones yet.

    :param present: the passwords that the agents have, if they have any; they stay where the manager does not answer
    """
    found = dict(secrets)
    for secret, name, _, _, attempt in STORES:
        new, old = secrets[secret], present.get(secret)
        candidates = [new, old or new, store.previous(secret) or new]
        found[secret] = login.taken(name, attempt, settings.manager_address, candidates) or old or new
        if found[secret] != new:
            log.info(f"{name} of the manager does not have the new password yet; it is taken later")
    logs.redact(found)
    return found


def prepare(settings: Settings, secrets: dict[str, str], keys: Storage, release: Release, instance: Instance) -> None:
    variables = environment.environments("prover", settings, secrets, keys, release, instance.region)
    write(ETC / "prover.env", environment.render(variables["prover"]), 0o600)


def run(waiting: Callable[[], None]) -> None:
    services.start(TARGET, waiting)
    agents = services.instances("bento-prover@")
    for agent in agents:
        services.ensure(agent, ETC / "prover.env", waiting=waiting)
    services.expect_steady(["bento-prover.service", *agents], 20)


def refresh(
    store: Store, settings: Settings, secrets: dict[str, str], keys: Storage, release: Release, instance: Instance
) -> None:
    """Takes what has changed while the role works; what does not work is put back."""
    environment.refuse_other_bucket((ETC / "prover.env").read_text(), settings)
    host = _login("DATABASE_URL")[0]
    if host != settings.manager_address:
        raise Refusal(f"the manager is at {host}, and is to be at {settings.manager_address}: only new instances follow it")
    manager.check_storage(settings, keys, instance.region, aws.Patience())
    present = {secret: _login(variable)[1] for secret, _, _, variable, _ in STORES}
    secrets = with_passwords_of_manager(store, settings, secrets, present)
    # Only what runs: an operator may have stopped the rest on purpose.
    running = [agent for agent in services.instances("bento-prover@") if services.active(agent)]

    def renew() -> None:
        # One after the other: each finishes its task first, and the next one is left alone if it does not come back.
        for agent in running:
            services.renew(agent, ETC / "prover.env")

    before = keep(ETC, FILES)
    try:
        prepare(settings, secrets, keys, release, instance)
        renew()
    except BaseException:
        put_back(before)
        renew()
        raise
