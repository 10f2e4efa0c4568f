"""What the workflows may do: pinned actions, least permissions, no secret, and an order of deploys that holds."""

import re
import subprocess
from pathlib import Path

import pytest

from rehearsal.stack_file import stacks
from rollout.cli import app
from rollout.fleet import in_order
from tests.ci.workflows import ACTIONS, ROOT, WORKFLOWS, load, steps, workflow

EVERYTHING = [*WORKFLOWS, *ACTIONS]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
GIVEN = {"STACK", "BASE", "PREVIEW", "FORMAT", "LINK", "LIVE", "PYTHON"}


@pytest.fixture(params=EVERYTHING, ids=lambda path: str(path.relative_to(ROOT / ".github")))
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_are_some() -> None:
    assert [path.stem for path in WORKFLOWS] == ["deploy-stack", "deploy", "pull-request"]
    assert [path.parent.name for path in ACTIONS] == ["account", "ready"]


def test_actions_are_pinned_by_commit_and_say_their_version(path: Path) -> None:
    for line in re.findall(r"\buses: (.+)", path.read_text(encoding="utf-8")):
        if line.startswith("./"):
            assert (ROOT / line).exists(), line
        else:
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line), line


def test_one_version_of_each_action() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in EVERYTHING)
    pins = set(re.findall(r"uses: ([\w-]+/[\w-]+)@(\w+)", text))
    assert len(pins) == len({action for action, _ in pins})


def test_no_secret_and_no_event_that_hands_some_to_a_fork(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\bsecrets\b|workflow_run|pull_request_target", text)


def test_a_text_of_others_never_becomes_shell(path: Path) -> None:
    for step in steps(load(path)):
        assert "${{" not in step.get("run", ""), step["run"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_permissions_are_read_only_but_for_the_jobs_that_need_more(path: Path) -> None:
    document = load(path)
    assert document["permissions"] == {"contents": "read"}
    for name, job in document["jobs"].items():
        allowed = {"contents": "read"}
        uses = [step.get("uses", "") for step in job.get("steps", [])]
        if "./.github/actions/account" in uses or "uses" in job:
            allowed["id-token"] = "write"
        if "uses" in job or any("deployed-commit" in step.get("run", "") for step in job.get("steps", [])):
            allowed["deployments"] = "read"
        if name == "comment":
            allowed["pull-requests"] = "write"
        assert job.get("permissions", document["permissions"]) == allowed, name


def test_checkouts_leave_no_token_behind() -> None:
    found = [step for path in WORKFLOWS for step in steps(load(path)) if "checkout" in step.get("uses", "")]
    assert found
    assert all(step["with"]["persist-credentials"] is False for step in found)


def test_who_may_write_runs_nothing_of_the_pull_request() -> None:
    job = workflow("pull-request")["jobs"]["comment"]
    assert job["steps"][0]["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert not any("make" in step.get("run", "") or step.get("uses", "").startswith("./") for step in job["steps"])


def test_a_fork_gets_no_runner_and_no_role_of_ours() -> None:
    job = workflow("pull-request")["jobs"]["impact"]
    for expression in (job["runs-on"], job["env"]["ROLE"]):
        assert expression.startswith("${{ needs.changed.outputs.trusted == 'true' && ")
    [account] = [step for step in job["steps"] if step.get("uses") == "./.github/actions/account"]
    assert account["if"] == "env.ROLE != ''"


def test_the_verdict_waits_for_every_job() -> None:
    jobs = workflow("pull-request")["jobs"]
    assert set(jobs["verdict"]["needs"]) == set(jobs) - {"verdict"}
    assert jobs["verdict"]["if"] == "always()"


def test_each_stack_deploys_after_the_one_before_it() -> None:
    document = workflow("deploy")
    names = [name for name in document["jobs"] if name != "plan"]
    assert names == in_order(stacks(ROOT))
    before = "plan"
    for name in names:
        job = document["jobs"][name]
        needed = job["needs"] if isinstance(job["needs"], list) else [job["needs"]]
        assert needed == list(dict.fromkeys(["plan", before]))
        assert job["if"].startswith("${{ !failure() && !cancelled() && contains(")
        assert f"'{name}'" in job["if"]
        assert job["with"] == {"stack": name}
        before = name
    assert document["concurrency"] == {"group": "deploy", "cancel-in-progress": False}
    assert workflow("deploy-stack")["jobs"]["deploy"]["environment"] == "${{ inputs.stack }}"


def test_every_step_calls_a_target_or_a_command_that_exists(path: Path) -> None:
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    for step in steps(load(path)):
        run = re.sub(r"#.*", "", step.get("run", ""))
        for target, arguments in re.findall(r"\bmake (?:-s )?([\w-]+)([^\n|>&;)]*)", run):
            assert target in TARGETS
            assert set(re.findall(r"\b([A-Z]+)=", arguments)) <= GIVEN
        assert set(re.findall(r"\bbluegreen ([a-z]+)", run)) <= commands
        for module in re.findall(r"python3? -m ([\w.]+)", run):
            assert (ROOT / f"{module.replace('.', '/')}.py").is_file()


def test_make_calls_commands_that_exist_too() -> None:
    commands = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    called = set(re.findall(r"\$\(BIN\)/bluegreen ([a-z]+)", text))
    assert {"rehearse", "impact", "status"} <= called <= commands


def test_the_page_names_every_key_of_the_variable_and_every_target() -> None:
    page = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    read = "\n".join(path.read_text(encoding="utf-8") for path in WORKFLOWS)
    keys = set(re.findall(r"fromJSON\(vars\.STACKS[^)]*\)\[[\w.]+\]\.(\w+)", read))
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == keys
    assert set(re.findall(r"`make ([a-z-]+)", page)) <= TARGETS


@pytest.mark.parametrize("target", ["impact", "preview", "deploy"])
def test_a_target_without_its_stack_does_nothing_and_says_how(target: str) -> None:
    done = subprocess.run(
        ["make", "--old-file=.venv/.ready", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert f"which stack? make {target} STACK=prod-bj" in done.stderr
