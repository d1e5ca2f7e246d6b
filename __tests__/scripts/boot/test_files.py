"""Files that the boot writes: whole, with owner and mode, and only when something differs."""

import grp
import os
import pwd
import shutil

import pytest

files = pytest.importorskip("bento_boot.files")

ME = (pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "secret.env"


def write(file, content, mode=0o600, owner=ME[0], group=ME[1]):
    return files.write(file, content, mode, owner, group)


def mode_of(file):
    return oct(file.stat().st_mode & 0o777)


def fails(*_, **__):
    raise OSError("no space left")


def test_is_written_whole_with_its_mode_whatever_the_umask(file):
    umask = os.umask(0)
    try:
        assert write(file, "a=1\n")
    finally:
        os.umask(umask)
    assert (mode_of(file), file.read_text()) == ("0o600", "a=1\n")
    assert os.listdir(file.parent) == ["secret.env"]


def test_is_not_written_when_it_is_the_same(file):
    write(file, "ä")
    before = file.stat()
    assert not write(file, "ä")
    after = file.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_is_written_again_for_its_content_or_its_mode(file):
    write(file, "a")
    assert [write(file, "b"), write(file, "b", 0o644), write(file, "b", 0o644)] == [True, True, False]
    assert (mode_of(file), file.read_text()) == ("0o644", "b")
    file.write_bytes(b"\xff")
    assert write(file, "b", 0o644)
    assert (mode_of(file), file.read_text()) == ("0o644", "b")


def test_has_its_owner_and_mode_before_its_content(file, monkeypatch):
    seen = []
    chown, fchmod = shutil.chown, os.fchmod

    def record_owner(path, *rest):
        seen.append(("owner", os.stat(path).st_size))
        return chown(path, *rest)

    def record_mode(handle, *rest):
        seen.append(("mode", os.fstat(handle).st_size))
        return fchmod(handle, *rest)

    monkeypatch.setattr(shutil, "chown", record_owner)
    monkeypatch.setattr(os, "fchmod", record_mode)
    write(file, "secret")
    assert seen == [("owner", 0), ("mode", 0)]


@pytest.mark.parametrize(("module", "name"), [(os, "fsync"), (os, "replace"), (shutil, "chown")])
def test_stays_as_it_was_when_a_call_fails(file, monkeypatch, module, name):
    write(file, "before")
    with monkeypatch.context() as patch, pytest.raises(OSError, match="no space left"):
        patch.setattr(module, name, fails)
        write(file, "after")
    assert (mode_of(file), file.read_text()) == ("0o600", "before")
    assert os.listdir(file.parent) == ["secret.env"]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root")
def test_is_written_again_for_its_owner_or_its_group(file):
    assert [write(file, "a", group="daemon"), write(file, "a", group="daemon")] == [True, False]
    assert write(file, "a", owner="daemon")
    assert (file.owner(), file.group()) == ("daemon", ME[1])


@pytest.fixture
def watched(tmp_path):
    """The file that the broker watches by its inode."""
    return tmp_path / "broker.toml"


def test_a_watched_file_keeps_its_inode_and_its_length(watched):
    assert write(watched, "first = 1\n")
    before = watched.stat().st_ino
    assert write(watched, "second = 22222\n")
    assert watched.read_text() == "second = 22222\n"
    assert write(watched, "a = 3\n")
    assert watched.read_text() == "a = 3\n".ljust(15, "\n")
    # Empty lines at its end make no difference.
    assert not write(watched, "a = 3\n")
    assert watched.read_text() == "a = 3\n".ljust(15, "\n")
    assert watched.stat().st_ino == before


def test_a_watched_file_keeps_its_values_when_the_disk_is_full(watched, monkeypatch):
    write(watched, "a = 1\n")
    pwrite = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda handle, data, offset: pwrite(handle, data[:4], offset))
    with pytest.raises(OSError, match=r"broker\.toml stays as it was: no room for 21 bytes"):
        write(watched, "b = 2222222222222222\n")
    assert watched.read_text().rstrip("\0\n") == "a = 1"
