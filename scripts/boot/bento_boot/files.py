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

# Files whose reader watches the inode: one that is replaced is seen once, and never again. The broker watches its
# configuration so, and reads it again after each event of a change (crates/broker/src/config.rs, notify 6.1.1).
WATCHED = frozenset({"broker.toml"})


def _right(file: Path, mode: int, owner: str, group: str) -> bool:
    try:
        found = file.stat()
    except FileNotFoundError:
        return False
    ids = (pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
    return (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (mode, *ids)


def _same(file: Path, content: bytes) -> bool:
    """A watched file may end in empty lines, which fill what was there."""
    found = file.read_bytes()
    return found.rstrip(b"\n") == content.rstrip(b"\n") if file.name in WATCHED else found == content


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

    :returns: whether they are ours; without `wait` another program may hold them
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
    data = content.encode()
    # A file of another user may be unreadable: root has few powers here (bento-configure.service).
    right = _right(file, mode, owner, group)
    if right and _same(file, data):
        return False
    if right and file.name in WATCHED:
        _write_in_place(file, data)
        return True
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            shutil.chown(temporary, owner, group)
            os.fchmod(stream.fileno(), mode)
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True


def _write_in_place(file: Path, data: bytes) -> None:
    """
    The same inode, and never shorter than it was: from 1.1 on the broker takes an empty file for one with all defaults.
    Room is made with empty lines first, so that a full disk leaves the previous values.
    """
    with open(file, "r+b", buffering=0) as stream:
        missing = len(data) - os.fstat(stream.fileno()).st_size
        if missing > 0:
            os.pwrite(stream.fileno(), b"\n" * missing, len(data) - missing)
            os.fsync(stream.fileno())
        size = os.fstat(stream.fileno()).st_size
        if size < len(data):
            raise OSError(f"{file} stays as it was: no room for {len(data)} bytes")
        os.pwrite(stream.fileno(), data.ljust(size, b"\n"), 0)
        os.fsync(stream.fileno())
