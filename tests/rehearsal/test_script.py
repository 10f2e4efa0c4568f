import shutil
import subprocess
from pathlib import Path

import pytest

from components.errors import ConfigError
from infra.config import parse
from rehearsal.script import change_of, story_of
from rehearsal.stack_file import flatten

FILE = Path(__file__).parent.parent.parent / "Pulumi.dev-nx.yaml"


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The stack file of a repository in which it is committed."""
    shutil.copy(FILE, tmp_path)
    monkeypatch.chdir(tmp_path)
    me = ["-c", "user.name=t", "-c", "user.email=t@example.cn"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "as it was"]):
        subprocess.run(["git", *me, *command], check=True, capture_output=True)
    return tmp_path / FILE.name


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def test_a_script_carries_what_each_chapter_means() -> None:
    script = story_of("dev-nx", ["1.34", "1.35"])
    assert script.configs == tuple(parse(flatten(chapter.settings, "")) for chapter in script.chapters)
    assert script.configs is script.configs


def test_a_script_by_the_name_of_the_file_is_that_of_the_stack(file: Path) -> None:
    story, change = story_of(file.name, []), change_of(file.name, "HEAD")
    assert {script.stack for script in (story, change)} == {"dev-nx"}
    assert story.replay == "bluegreen rehearse dev-nx -v"
    assert change.replay == "bluegreen rehearse dev-nx --from HEAD -v"


def test_a_change_that_no_update_can_make_is_refused_before_it_is_played(file: Path) -> None:
    edit(file, "port: 8080, healthPath", "port: 8090, healthPath")
    with pytest.raises(ConfigError, match=r"^Pulumi\.dev-nx\.yaml: dkms:services\.dkms\.port: 8080 → 8090 takes its "):
        change_of("dev-nx", "HEAD")


def test_a_wrong_chapter_is_found_before_the_first_is_played(file: Path) -> None:
    edit(file, "host: dkms.dev-nx.example.cn", "host: dkms.example.com")
    with pytest.raises(ConfigError, match=r"dkms:entry\.host: dkms\.example\.com is not in the zone"):
        change_of("dev-nx", "HEAD")


def test_a_mistake_in_the_file_as_it_was_names_that_chapter(file: Path) -> None:
    good = file.read_text(encoding="utf-8")
    edit(file, "active: blue", "active: red")
    subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@e.cn", "commit", "-qam", "x"], check=True)
    file.write_text(good, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"^Pulumi\.dev-nx\.yaml, “before”: dkms:active: red"):
        change_of("dev-nx", "HEAD")
