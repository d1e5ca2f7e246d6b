"""What the bake wrote down of itself: /etc/bento/release.json."""

import json
from dataclasses import dataclass
from pathlib import Path

from .refusal import Refusal

RELEASE_FILE = Path("/etc/bento/release.json")


def parts(version: str) -> tuple[int, ...]:
    """`v1.2.2` as (1, 2, 2)."""
    return tuple(int(part) for part in version.lstrip("v").split("."))


@dataclass(frozen=True)
class Release:
    """Image kind (manager, prover or bento) and releases, such as `v1.2.2`."""

    image: str
    version: str
    broker_version: str

    def bento_from(self, first: str) -> bool:
        """Whether Bento is that release or a later one."""
        return parts(self.version) >= parts(first)

    def broker_from(self, first: str) -> bool:
        return parts(self.broker_version) >= parts(first)


def read_release(file: Path = RELEASE_FILE) -> Release:
    try:
        content = json.loads(file.read_text())
        release = Release(content["image"], content["version"], content["broker_version"])
        parts(release.version), parts(release.broker_version)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refusal(f"{file} does not describe this image ({error!r}); bake the image again") from error
    return release
