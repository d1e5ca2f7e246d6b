"""Files that are whole or not there, whatever happens in between."""

import grp
import os
import pwd
import shutil
import tempfile
from pathlib import Path


def _same(file: Path, content: str, mode: int, owner: str, group: str) -> bool:
    ids = (pwd.getpwnam(owner).pw_uid, grp.getgrnam(group).gr_gid)
    try:
        found = file.stat()
        # A file of somebody else may be none that can be read: root has few powers here (bento-configure.service).
        right = (found.st_mode & 0o7777, found.st_uid, found.st_gid) == (mode, *ids)
        return right and file.read_bytes() == content.encode()
    except FileNotFoundError:
        return False


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
