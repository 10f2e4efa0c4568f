"""Programs for Node.js: installed from npm's registry, and run as Pulumi's language host for Node.js runs them."""

import json
import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import pytest

from rehearsal.engine.program import Launch
from rehearsal.engine.services import Services, served

OUT_OF_REACH = re.compile(r"npm error code (EAI_AGAIN|ECONN\w+|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|ETIMEDOUT|E40[13])")
"""How npm says that the registry is not for this machine, or not now."""


def install(program: Path) -> None:
    """Install what the program's package.json asks for; skips where there is no registry to have it from."""
    command = ["npm", "install", "--prefer-offline", "--fetch-retries=0", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=program, capture_output=True, text=True)
    if away := OUT_OF_REACH.search(done.stderr):
        pytest.skip(f"npm's registry is out of reach ({away[1]})")
    assert done.returncode == 0, done.stderr


def start(launch: Launch, services: Services) -> tuple[Callable[[], int], IO[str]]:
    """Start a run of a program in TypeScript."""
    serving = ExitStack()
    address = serving.enter_context(served(services))
    config = {key.replace(":", ":config:"): value for key, value in launch.config.items()}
    options = {
        "monitor": address,
        "engine": address,
        "organization": "organization",
        "project": launch.project,
        "stack": launch.stack,
        "root-directory": launch.program,
        "pwd": launch.program,
        "parallel": launch.parallel,
        "dry-run": str(launch.preview).lower(),
    }
    process = subprocess.Popen(
        [
            *("node", launch.program / "node_modules/@pulumi/pulumi/cmd/run"),
            *(f"--{name}={value}" for name, value in options.items()),
            ".",
        ],
        env={
            **launch.environment,
            "PULUMI_CONFIG": json.dumps(config),
            "PULUMI_CONFIG_SECRET_KEYS": "[]",
            "PULUMI_NODEJS_TYPESCRIPT": "true",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None

    def wait() -> int:
        with serving:
            return process.wait()

    return wait, process.stdout
