"""The data volume: a blank one is formatted once, and one that holds anything else is refused untouched."""

import subprocess

import pytest

pytestmark = [pytest.mark.aws, pytest.mark.programs("mkfs.ext4", "blkid", "e2fsck", "debugfs")]

MIB = 1024 * 1024


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def label_of(file):
    return run("blkid", "--probe", "--output", "value", "--match-tag", "LABEL", file).strip()


def uuid_of(file):
    return run("blkid", "--probe", "--output", "value", "--match-tag", "UUID", file)


def format_ext4(*options):
    return lambda file: run("mkfs.ext4", "-q", *options, file)


def write_at(position, data):
    def write(file):
        with open(file, "r+b") as stream:
            stream.seek(position)
            stream.write(data)

    return write


@pytest.fixture
def volume():
    return pytest.importorskip("bento_boot.volume")


@pytest.fixture
def file(tmp_path):
    """A volume of 64 MiB of zeros, as a new one reads."""
    path = tmp_path / "volume"
    with open(path, "wb") as stream:
        stream.truncate(64 * MIB)
    return path


def test_formats_a_blank_volume_once(volume, file, capfd):
    volume.make_usable(file)
    assert "is blank: formatting it" in capfd.readouterr().err
    assert label_of(file) == "bento-data"
    first = uuid_of(file)
    volume.make_usable(file)
    assert capfd.readouterr().err == ""
    assert uuid_of(file) == first


@pytest.mark.parametrize(
    ("prepare", "reason"),
    [
        pytest.param(
            format_ext4("-L", "other"), r"holds .*other.*, not ext4 with the label bento-data", id="another label"
        ),
        pytest.param(format_ext4(), r"holds ext4, not ext4 with the label bento-data", id="no label"),
        pytest.param(
            write_at(4096, b"orders"), r"holds data but no filesystem, and is not touched", id="data at its start"
        ),
        pytest.param(
            write_at(64 * MIB - 6, b"backup"), r"holds data but no filesystem, and is not touched", id="data at its end"
        ),
    ],
)
def test_refuses_a_volume_that_holds_anything_else(volume, file, prepare, reason):
    prepare(file)
    before = file.read_bytes()
    with pytest.raises(volume.Refusal, match=reason):
        volume.make_usable(file)
    assert file.read_bytes() == before


def test_checks_and_uses_a_volume_that_was_not_unmounted(volume, file, capfd):
    format_ext4("-L", "bento-data")(file)
    run("debugfs", "-w", "-R", "mkdir orders", file)
    run("debugfs", "-w", "-R", "set_super_value state 0", file)
    volume.make_usable(file)
    assert capfd.readouterr().err == ""
    assert "/orders/" in run("debugfs", "-R", "ls -p /", file)
    assert "clean" in run("e2fsck", "-n", file)
