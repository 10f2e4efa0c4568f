"""The shell of the workflows' steps, run: with a GitHub that answers from memory, and real git."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from rollout.comment import MARKER
from tests.ci.workflows import ROOT, script

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "git", "jq"))), reason="the steps are bash, git and jq, as a runner has them"
)

GH = f'''#!{sys.executable}
"""Answers as `gh api` does, from a file, and remembers what it was asked to write."""
import json, os, subprocess, sys
here = os.path.dirname(__file__)
arguments = sys.argv[1:]
path = next(each for each in arguments if each.startswith("repos/"))
if "--field" in arguments:
    with open(here + "/written", "a") as written:
        verb = arguments[arguments.index("--method") + 1] if "--method" in arguments else "POST"
        written.write(verb + " " + path + "\\n")
    sys.exit()
pages = json.load(open(here + "/answers.json"))[path.partition("?")[0]]
for page in pages:
    if "--jq" in arguments:
        program = arguments[arguments.index("--jq") + 1]
        sys.stdout.write(subprocess.run(["jq", "-r", program], input=json.dumps(page), text=True, check=True,
                                        stdout=subprocess.PIPE).stdout)
    else:
        sys.stdout.write(json.dumps(page))
'''
"""Pages of an answer come one after the other, as with --paginate."""

MAKE = """#!/usr/bin/env bash
echo "$*" >> "$(dirname "$0")/made"
case "$*" in
  "preview"*) echo "cannot preview" >&2; exit "${PREVIEWS:-0}" ;;
  *impact*) echo "### judged"; echo "said" >&2; exit "${JUDGES:-0}" ;;
esac
"""


class Runner:
    """Runs a step in a directory of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin = root / "checkout", root / "bin"
        self.root.mkdir()
        self.bin.mkdir()
        self.install("gh", GH)
        scripts = self.root / ".github/scripts"
        scripts.mkdir(parents=True)
        shutil.copy(ROOT / ".github/scripts/deployed-commit", scripts)

    def install(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text, encoding="utf-8")
        (self.bin / name).chmod(0o755)

    def answers(self, **pages: list[Any]) -> None:
        document = {path.replace("__", "/"): page for path, page in pages.items()}
        (self.bin / "answers.json").write_text(json.dumps(document), encoding="utf-8")

    def deployed(self, *deployments: tuple[str, list[str]]) -> None:
        """Deployments, the newest first, each with the states it has had, the newest first."""
        answers: dict[str, list[Any]] = {
            "repos/o/r/deployments": [[{"id": number, "sha": sha} for number, (sha, _) in enumerate(deployments)]]
        }
        for number, (_, states) in enumerate(deployments):
            answers[f"repos/o/r/deployments/{number}/statuses"] = [[{"state": state} for state in states]]
        (self.bin / "answers.json").write_text(json.dumps(answers), encoding="utf-8")

    def run(self, text: str, **environment: str) -> subprocess.CompletedProcess[str]:
        given = {
            **os.environ,
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "o/r",
            "GITHUB_OUTPUT": str(self.bin / "output"),
            "GITHUB_STEP_SUMMARY": str(self.bin / "summary"),
            **environment,
        }
        # As GitHub runs a step whose shell is bash.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", text]
        return subprocess.run(command, cwd=self.root, env=given, capture_output=True, text=True, check=False)

    def git(self, *arguments: str) -> str:
        me = ["-c", "user.name=t", "-c", "user.email=t@example.cn"]
        done = subprocess.run(["git", *me, *arguments], cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.root / f"Pulumi.{name.replace('_', '-')}.yaml").write_text(text, encoding="utf-8")
        self.git("init", "--quiet")
        self.git("add", ".")
        self.git("commit", "--quiet", "--allow-empty", "--message", "one more")
        return self.git("rev-parse", "HEAD")

    def left(self, name: str) -> str:
        path = self.bin / name
        return path.read_text(encoding="utf-8") if path.exists() else ""


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


@pytest.mark.parametrize(
    ("deployments", "commit"),
    [
        ([], ""),
        ([("aaa", ["in_progress"])], ""),
        ([("aaa", ["failure"]), ("bbb", ["error"])], ""),
        (
            [("aaa", ["in_progress"]), ("bbb", ["failure"]), ("ccc", ["inactive", "success"]), ("ddd", ["success"])],
            "ccc",
        ),
    ],
)
def test_the_last_commit_that_was_deployed_with_success(
    runner: Runner, deployments: list[tuple[str, list[str]]], commit: str
) -> None:
    runner.deployed(*deployments)
    done = runner.run(".github/scripts/deployed-commit prod-bj")
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, commit, "")


def test_a_github_that_does_not_answer_stops_the_step(runner: Runner) -> None:
    runner.install("gh", "#!/bin/sh\nexit 1\n")
    assert runner.run("deployed=$(.github/scripts/deployed-commit prod-bj); echo on").stdout == ""


REAL_MAKE = (
    f'#!/bin/sh\nfor last; do :; done\nPYTHONPATH={ROOT} exec {sys.executable} -m rollout.changed "${{last#BASE=}}"\n'
)


def test_the_plan_is_what_differs_from_the_last_success(runner: Runner) -> None:
    runner.install("make", REAL_MAKE)
    plan = script("deploy", "plan", "Find the stacks")
    first = runner.commit(dev_bj="a: 1", prod_bj="a: 1")
    runner.commit(prod_bj="a: 2")
    for deployed, chosen in (
        ([(first, ["success"])], ["prod-bj"]),
        ([(runner.git("rev-parse", "HEAD"), ["success"])], []),
        ([(first, ["failure"])], ["dev-bj", "prod-bj"]),
        ([("0" * 40, ["success"])], ["dev-bj", "prod-bj"]),  # history was rewritten
    ):
        runner.deployed(*deployed)
        done = runner.run(plan)
        assert done.returncode == 0, done.stderr
        assert json.loads(runner.left("output").splitlines()[-1].removeprefix("stacks=")) == chosen


def test_an_old_run_does_not_take_a_stack_back(runner: Runner) -> None:
    refuse = script("deploy-stack", "deploy", "Refuse to go back")
    old, new = runner.commit(dev_bj="a: 1"), runner.commit(dev_bj="a: 2")
    for here, deployed, code in ((new, old, 0), (new, new, 0), (old, new, 1), (new, "0" * 40, 0)):
        runner.git("checkout", "--quiet", here)
        runner.deployed((deployed, ["success"]))
        done = runner.run(refuse, STACK="dev-bj", GITHUB_SHA=here)
        assert done.returncode == code, done
        assert ("which is newer" in done.stdout) == bool(code)


THEIRS = {"id": 1, "user": {"login": "someone"}, "body": f"{MARKER}\nmine!"}
OTHER = {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "coverage"}
OURS = {"id": 3, "user": {"login": "github-actions[bot]"}, "body": f"{MARKER}\nas it was"}


@pytest.mark.parametrize(
    ("pages", "stacks", "written"),
    [
        ([[]], '["prod-bj"]', "POST repos/o/r/issues/7/comments\n"),
        ([[THEIRS, OTHER]], '["prod-bj"]', "POST repos/o/r/issues/7/comments\n"),
        ([[THEIRS, OTHER], [OURS]], '["prod-bj"]', "PATCH repos/o/r/issues/comments/3\n"),
        ([[OURS]], "[]", "PATCH repos/o/r/issues/comments/3\n"),
        ([[]], "[]", ""),
    ],
)
def test_there_is_one_comment_and_it_is_updated(
    runner: Runner, pages: list[list[Any]], stacks: str, written: str
) -> None:
    (runner.root / "comment.md").write_text(f"{MARKER}\nas it is", encoding="utf-8")
    runner.answers(repos__o__r__issues__7__comments=pages)
    done = runner.run(script("pull-request", "comment", "Post it"), STACKS=stacks, NUMBER="7")
    assert (done.returncode, done.stderr, runner.left("written")) == (0, "", written)


@pytest.mark.parametrize(
    ("role", "previews", "judges"), [("", "0", "0"), ("arn", "0", "0"), ("arn", "1", "0"), ("", "0", "2")]
)
def test_a_stack_is_judged_by_a_preview_where_there_is_a_role(
    runner: Runner, role: str, previews: str, judges: str
) -> None:
    runner.install("make", MAKE)
    step = script("pull-request", "impact", "Preview, by Pulumi")
    done = runner.run(step, STACK="dev-bj", ROLE=role, PREVIEWS=previews, JUDGES=judges)
    assert done.returncode == (1 if judges != "0" else 0)
    made = runner.left("made").splitlines()
    preview = "build/dev-bj.preview.json" if role else ""
    assert made[-1] == f"-s impact STACK=dev-bj BASE=HEAD^1 PREVIEW={preview} FORMAT=markdown"
    assert made[:-1] == (["preview STACK=dev-bj"] if role else [])
    assert (runner.root / "build/impact/dev-bj.md").read_text(encoding="utf-8") == "### judged\n"
    assert "said\n" in (runner.root / "build/impact/dev-bj.err").read_text(encoding="utf-8")


def test_the_comment_is_written_without_anything_installed(runner: Runner) -> None:
    (runner.root / "impact").mkdir()
    (runner.root / "impact/prod-bj.md").write_text("### prod-bj: safe\n", encoding="utf-8")
    shutil.copytree(ROOT / "rollout", runner.root / "rollout", ignore=shutil.ignore_patterns("__pycache__"))
    runner.install("python3", f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')  # -S: no site-packages
    step = script("pull-request", "comment", "Write the comment")
    for stacks, told in (('["prod-bj"]', "### prod-bj: safe"), ("[]", "changes no stack")):
        done = runner.run(step, STACKS=stacks, LINK="https://example.cn")
        assert done.returncode == 0, done.stderr
        assert told in (runner.root / "comment.md").read_text(encoding="utf-8")
        assert told in runner.left("summary")


@pytest.mark.parametrize(
    ("results", "passes"),
    [
        (["success", "success", "skipped", "success"], True),
        (["success", "success", "failure", "success"], False),
        (["success", "cancelled", "skipped", "skipped"], False),
    ],
)
def test_the_verdict(runner: Runner, results: list[str], passes: bool) -> None:
    done = runner.run(script("pull-request", "verdict", "jq"), RESULTS=json.dumps(results))
    assert (done.returncode == 0) is passes
