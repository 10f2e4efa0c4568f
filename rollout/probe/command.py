"""`bluegreen probe`: asks, tells, and leaves nothing behind."""

import signal
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import TypeAdapter
from rich.console import Console, Group
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from components.errors import BlueGreenError
from components.gates.reading import session
from components.network_model import ExistingNetwork
from components.partition import PLACES
from rehearsal.script import load
from rehearsal.stack_file import stacks
from rollout.agreeing import agree
from rollout.probe import clusters, region
from rollout.probe.account import Account
from rollout.probe.model import Finding, Verdict
from rollout.probe.sandbox import COST, explore
from rollout.probe.stage import Stage

__all__ = ["Asked", "account_of", "as_json", "differs", "probe", "table"]

_MARKS = {Verdict.KNOWN: ("✓", "green"), Verdict.DIFFERS: ("✗", "red"), Verdict.UNASKED: ("?", "yellow")}
_FINDINGS = TypeAdapter(list[Finding])


@dataclass(frozen=True, slots=True)
class Asked:
    """What the user says."""

    region: str
    vpc: str | None = None
    """Of the sandbox; without it AWS is only read."""
    subnets: Sequence[str] = ()
    yes: bool = False


def account_of(name: str) -> Account:
    """Find the region's stacks here, and the credentials at hand. Raises BlueGreenError."""
    if name not in PLACES:
        raise BlueGreenError(f"--region {name}: is not in AWS China; write {' or '.join(PLACES)}")
    configs = {stack: load(stack)[1] for stack in stacks()}
    ours = {stack: config for stack, config in configs.items() if config.region == name}
    return Account(name, session(name, None), ours, datetime.now(UTC).date())


def probe(asked: Asked, account: Account, console: Console) -> tuple[list[Finding], bool]:
    """Ask everything, tell of the sandbox on the console, and say whether nothing was left behind there.

    Raises BlueGreenError, before anything is made.
    """
    if bool(asked.vpc) != bool(asked.subnets):
        raise BlueGreenError("--sandbox and --subnets go together: a VPC, and two subnets of it in different zones")
    try:
        account.client("sts").get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise BlueGreenError(f"{error}; give credentials of the account to ask, such as by AWS_PROFILE") from None
    if asked.vpc:
        _check_place(account, asked.vpc, asked.subnets)
    found = [each.find(account) for each in (*region.PROBES, *clusters.PROBES)]
    if not asked.vpc:
        return found, True
    tried, clean = _in_sandbox(asked.vpc, asked, account, console)
    return [*found, *tried], clean


def _check_place(account: Account, vpc: str, subnets: Sequence[str]) -> None:
    for stack, config in account.stacks.items():
        if isinstance(config.network, ExistingNetwork) and config.network.vpc_id == vpc:
            raise BlueGreenError(f"--sandbox {vpc}: is the network of {stack}; give a VPC that nothing depends on")
    try:
        described = account.client("ec2").describe_subnets(SubnetIds=[*subnets])["Subnets"]
    except (BotoCoreError, ClientError) as error:
        raise BlueGreenError(f"--subnets {','.join(subnets)}: {error}") from None
    if {each["VpcId"] for each in described} != {vpc} or len({each["AvailabilityZone"] for each in described}) < 2:
        raise BlueGreenError(f"--subnets {','.join(subnets)}: an ALB needs two zones; give subnets of two, in {vpc}")


def _in_sandbox(vpc: str, asked: Asked, account: Account, console: Console) -> tuple[list[Finding], bool]:
    stage = Stage(account, vpc, asked.subnets)
    console.print(f"In {vpc}, named {stage.name}-*: {COST}.", highlight=False)
    if not asked.yes:
        agree("Make them, and delete them afterwards?", console, "leave --sandbox out")
    try:
        with console.status("making them") as status, _interruptible(), stage:
            tried = list[Finding]()
            for each in explore(stage):
                tried.append(each)
                status.update(f"{each.about}: {each.verdict}")
            status.update("deleting them")
        return tried, not stage.left
    finally:
        for each in stage.left:
            console.print(f"perhaps left behind: {each.what}; {escape(each.command)}", style="red", soft_wrap=True)


@contextmanager
def _interruptible() -> Generator[None]:
    """Let an end that others bring about clean up as Ctrl-C does."""
    before = {number: signal.signal(number, signal.default_int_handler) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def differs(findings: Sequence[Finding]) -> bool:
    """Whether AWS is anywhere otherwise than known."""
    return any(each.verdict is Verdict.DIFFERS for each in findings)


def table(findings: Sequence[Finding]) -> Group:
    """What was found; what differs stands out, with what to do."""
    counts = [f"{sum(each.verdict is verdict for each in findings)} {verdict}" for verdict in Verdict]
    shown = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("", "asked", "rules", "expected", "found"):
        shown.add_column(title, overflow="fold")
    for each in findings:
        mark, ink = _MARKS[each.verdict]
        told = Text(each.found, "" if each.verdict is Verdict.KNOWN else ink)
        if each.do:
            told.append(f"\n→ {each.do}", "bold")
        shown.add_row(Text(mark, ink), each.about, ", ".join(map(str, each.rules)) or "–", Text(each.expected), told)
    return Group(shown, Text(" · ".join(counts)))


def as_json(findings: Sequence[Finding]) -> str:
    """The same as JSON: a list."""
    return _FINDINGS.dump_json([*findings], indent=2).decode() + "\n"
