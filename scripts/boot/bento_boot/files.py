"""Files that are whole or not there, whatever happens in between."""

import fcntl
import grp
import os
import pwd
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterable, Iterator


def _same(file: Path, content: str, mode: int, owner: str, group: str) -> bool:
    ids = (pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
    try:
        found = file.stat()
        # A file of somebody else may be none that can be read: root has few powers here (bento-configure.service).
        right = (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (mode, *ids)
        return right and file.read_bytes() == content.encode()
    except FileNotFoundError:
        return False


Kept = dict[Path, tuple[str, int, str, str]]


def keep(folder: Path, names: Iterable[str]) -> Kept:
    """What files hold and who may read them, to put it back."""
    kept: Kept = {}
    for file in sorted(folder / name for name in names):
        if file.exists():
            found = file.stat()
            owner, group = pwd.getpwuid(found.st_uid).pw_name, grp.getgrgid(found.st_gid).gr_name
            kept[file] = (file.read_text(encoding="utf-8"), found.st_mode & 0o7777, owner, group)
    return kept


def put_back(kept: Kept) -> None:
    for file, (content, mode, owner, group) in kept.items():
        write(file, content, mode, owner, group)


@contextmanager
def alone(wait: bool, folder: Path = Path("/etc/bento")) -> Iterator[bool]:
    """
    Keeps two programs from changing the files at once.

    :returns: whether they are ours; without `wait` they may be somebody else's
    """
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            ours = True
        except BlockingIOError:
            ours = False
        yield ours
    finally:
        os.close(handle)


def write(file: Path, content: str, mode: int, owner: str = "root", group: str = "root") -> bool:
    """
    Writes a file in one step; nobody ever reads half of it, and never before its mode is set.

    :returns: whether it differs from what was there
    """
    if _same(file, content, mode, owner, group):
        return False
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            shutil.chown(temporary, owner, group)
            os.fchmod(stream.fileno(), mode)
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True
