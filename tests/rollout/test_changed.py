"""Which stacks a change touches: the pure part, and what git says of a working tree."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import ConfigError
from rollout.changed import caveat, main, program, touched

FLEET = ["prod-nx", "dev-bj", "qa-bj", "prod-bj", "dev-nx", "qa-nx"]
IN_ORDER = ["dev-bj", "dev-nx", "qa-bj", "qa-nx", "prod-bj", "prod-nx"]


@pytest.mark.parametrize(
    ("paths", "stacks"),
    [
        ([], []),
        (["README.md", "docs/ci.md", "tests/infra/test_config.py", "rehearsal/story.py", "rollout/cli.py"], []),
        (["Pulumi.prod-bj.yaml"], ["prod-bj"]),
        (["Pulumi.prod-nx.yaml", "README.md", "Pulumi.dev-nx.yaml"], ["dev-nx", "prod-nx"]),
        (["Pulumi.gone.yaml"], []),
        (["docs/Pulumi.prod-bj.yaml", "xPulumi.prod-bj.yaml", "Pulumi.prod-bj.yaml.orig"], []),
        (["Pulumi.yaml"], IN_ORDER),
        (["requirements.lock"], IN_ORDER),
        (["infra/program.py", "Pulumi.dev-bj.yaml"], IN_ORDER),
        (["components/gates/rules.py"], IN_ORDER),
        (["policies/PulumiPolicy.yaml"], IN_ORDER),
    ],
)
def test_touched(paths: list[str], stacks: list[str]) -> None:
    assert touched(paths, FLEET) == stacks


@given(st.lists(st.sampled_from([*(f"Pulumi.{stack}.yaml" for stack in FLEET), "infra/x.py", "README.md"])))
def test_only_known_stacks_each_once_and_in_the_order_of_a_change(paths: list[str]) -> None:
    found = touched(paths, FLEET)
    assert found == [stack for stack in IN_ORDER if stack in found]
    assert bool(program(paths)) <= (found == IN_ORDER)


@pytest.mark.parametrize("name", ["$(reboot)", "a b", "a;b", "`x`", "a/b", "x" * 101])
def test_a_name_that_a_shell_could_take_for_something_else_is_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="is not the name of a stack"):
        touched([f"Pulumi.{name}.yaml"], [*FLEET, name])


def test_a_caveat_names_what_changed_of_the_program_and_nothing_else() -> None:
    assert caveat(["README.md", "Pulumi.dev-bj.yaml"]) == ""
    told = caveat([f"infra/{number}.py" for number in range(5)])
    assert "`infra/0.py`, `infra/1.py`, `infra/2.py` and 2 more" in told
    assert told.startswith("> ")
    assert told.endswith("\n\n")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with two stacks and a program, all committed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "infra").mkdir()
    for name in ("Pulumi.dev-bj.yaml", "Pulumi.prod-bj.yaml", "infra/program.py", "Pulumi.yaml"):
        (tmp_path / name).write_text("a: 1\n", encoding="utf-8")
    me = ["-c", "user.name=t", "-c", "user.email=t@example.cn"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "as it was"]):
        subprocess.run(["git", *me, *command], check=True, capture_output=True)
    return tmp_path


def test_the_command_sees_edits_and_new_and_renamed_files(tree: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["HEAD"])
    assert capsys.readouterr().out == ""
    (tree / "Pulumi.qa-nx.yaml").write_text("a: 1\n", encoding="utf-8")
    (tree / "Pulumi.dev-bj.yaml").rename(tree / "Pulumi.dev-nx.yaml")
    main(["HEAD"])
    assert capsys.readouterr().out == "dev-nx\nqa-nx\n"
    (tree / "infra/program.py").unlink()
    main(["HEAD"])
    assert capsys.readouterr().out == "dev-nx\nqa-nx\nprod-bj\n"
    main(["HEAD", "--caveat"])
    assert "`infra/program.py`." in capsys.readouterr().out


@pytest.mark.parametrize("revision", ["nowhere", "--output=taken"])
def test_a_revision_that_is_none_is_refused_with_the_way_out(
    tree: Path, capsys: pytest.CaptureFixture[str], revision: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--", revision])
    assert ended.value.code == 2
    assert "give a commit, branch or tag" in capsys.readouterr().err
    assert not (tree / "taken").exists()
