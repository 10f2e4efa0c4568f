import subprocess
from pathlib import Path

import pytest

from components.errors import BlueGreenError, ConfigError
from rehearsal.stack_file import StackFile, stacks

GOOD = "config:\n  aws:region: cn-north-1\n  dkms:weights: {blue: 90, green: 10}\n  dkms:protect: false\n"


def write(root: Path, text: str) -> None:
    (root / "Pulumi.one.yaml").write_text(text, encoding="utf-8")


def test_values_arrive_as_pulumi_hands_them_over(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    assert StackFile.load("one", tmp_path).flat() == {
        "aws:region": "cn-north-1",
        "dkms:weights": '{"blue": 90, "green": 10}',
        "dkms:protect": "false",
    }
    assert stacks(tmp_path) == ["one"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Pulumi.one.yaml: is empty"),
        ("name: x\n", "Pulumi.one.yaml: has no config section"),
        ("config: []\n", "Pulumi.one.yaml: has no config section"),
        ("config: {dkms:active: [}\n", "Pulumi.one.yaml: line 1: is not YAML"),
        ("config:\n<<<<<<< HEAD\n  a: 1\n=======\n", "it holds the marks of a merge conflict"),
        ("config: {dkms:active: {secure: v1:abc}}\n", "dkms:active: is a secret"),
        ("config: {dkms:active: }\n", "dkms:active: None is no configuration value"),
        ("config: {dkms:active: 2026-01-01}\n", "is no configuration value; quote it"),
        ("config: {a: 1, a: 2}\n", "is not YAML"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, text: str, words: str) -> None:
    write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        StackFile.load("one", tmp_path).flat()
    assert words in str(caught.value)


def test_a_stack_without_a_file_names_those_that_have_one(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(ConfigError, match=r"two: there is no Pulumi\.two\.yaml here; stacks: one"):
        StackFile.load("two", tmp_path)


def test_a_stack_is_known_by_the_name_of_its_file_too(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    file = StackFile.load("Pulumi.one.yaml", tmp_path)
    assert (file.stack, file.name, file.settings) == (
        "one",
        "Pulumi.one.yaml",
        StackFile.load("one", tmp_path).settings,
    )
    with pytest.raises(ConfigError, match=r"^two: there is no Pulumi\.two\.yaml here; stacks: one"):
        StackFile.load("Pulumi.two.yaml", tmp_path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.one.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigError, match=r"cannot be read"):
        StackFile.load("one", tmp_path)


def git(root: Path, *arguments: str) -> None:
    me = ["-c", "user.name=t", "-c", "user.email=t@example.cn"]
    subprocess.run(["git", "-C", str(root), *me, *arguments], check=True, capture_output=True)


def test_a_repository_without_a_commit_says_so(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    git(tmp_path, "init", "--quiet")
    with pytest.raises(BlueGreenError, match=r"^Pulumi\.one\.yaml at HEAD: there is no commit yet; commit the file"):
        StackFile.at("HEAD", "one", tmp_path)


def test_a_file_as_it_was_at_a_revision(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "one")
    write(tmp_path, GOOD.replace("90", "50").replace("10", "50"))
    assert [StackFile.existed("HEAD", name, tmp_path) for name in ("one", "two")] == [True, False]
    before, now = StackFile.at("HEAD", "one", tmp_path), StackFile.load("one", tmp_path)
    assert before.settings["dkms:weights"] == {"blue": 90, "green": 10}
    assert now.settings["dkms:weights"] == {"blue": 50, "green": 50}
    for look in (StackFile.at, StackFile.existed):
        with pytest.raises(BlueGreenError, match=r"Pulumi\.one\.yaml at nowhere: fatal: "):
            look("nowhere", "one", tmp_path)
    with pytest.raises(BlueGreenError, match=r"Pulumi\.one\.yaml at --output=x: fatal: "):
        StackFile.at("--output=x", "one", tmp_path)
