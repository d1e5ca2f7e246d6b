"""How a machine becomes a prover."""

from pathlib import Path
from typing import Callable

from . import environment, services
from .files import write
from .identity import Machine
from .release import Release
from .settings import Settings
from .store import Storage

ETC = Path("/etc/bento")
TARGET = "bento-prover.target"
FILES = frozenset({"prover.env"})
# Longer than a manager needs to follow another one, its drain left out: until then the old one serves.
MANAGER_WITHIN_S = 3600.0


def prepare(settings: Settings, secrets: dict[str, str], keys: Storage, release: Release, machine: Machine) -> None:
    variables = environment.environments("prover", settings, secrets, keys, release, machine.region)
    write(ETC / "prover.env", environment.render(variables["prover"]), 0o600)


def run(settings: Settings, waiting: Callable[[], None]) -> None:
    for name, port in (("PostgreSQL", 5432), ("Valkey", 6379)):
        address = settings.manager_address
        services.wait(
            f"{name} of the manager at {address}:{port}",
            lambda port=port: services.answers(address, port),  # type: ignore[misc]
            MANAGER_WITHIN_S,
            waiting,
        )
    services.start(TARGET, waiting)
    agents = services.instances("bento-prover@")
    for agent in agents:
        services.ensure(agent, ETC / "prover.env", waiting=waiting)
    services.expect_steady(["bento-prover.service", *agents], 20)
