"""Files that are whole or not there, whatever happens in between."""

import os
import shutil
import tempfile
from pathlib import Path


def write(file: Path, content: str, mode: int, owner: str = "root", group: str = "root") -> bool:
    """
    Writes a file in one step; nobody ever reads half of it, and never before its mode is set.

    :returns: whether it differs from what was there
    """
    if file.exists() and file.read_text() == content and (file.stat().st_mode & 0o7777) == mode:
        return False
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "w") as stream:
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
