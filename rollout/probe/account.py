"""The account and region that are asked, and the stacks that are to live there."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.config import StackConfig
from rollout.probe.model import Answer, Finding, UnaskedError, Verdict, judged

__all__ = ["Account", "Probe", "unasked"]


class Account:
    """One region of the account whose credentials a boto3 session has."""

    def __init__(
        self,
        region: str,
        session: Any,  # noqa: ANN401 - boto3 makes it at run time
        stacks: Mapping[str, StackConfig],
        today: date,
    ) -> None:
        self.region, self.session, self.stacks, self.today = region, session, stacks, today

    @functools.cache  # noqa: B019  an account lives as long as its command
    def client(self, service: str) -> Any:  # noqa: ANN401  boto3 makes its clients at run time
        """Return a boto3 client of the region."""
        patience = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})
        return self.session.client(service, config=patience)


@dataclass(frozen=True, slots=True)
class Probe:
    """A question that changes nothing, and the rules of docs/aws.md that it checks."""

    about: str
    rules: tuple[int, ...]
    ask: Callable[[Account], Answer]

    def find(self, account: Account) -> Finding:
        """Ask, and judge the answer."""
        try:
            return judged(self.about, self.rules, self.ask(account))
        except (BotoCoreError, ClientError, UnaskedError) as error:
            return unasked(self.about, self.rules, error)


def unasked(about: str, rules: tuple[int, ...], error: Exception) -> Finding:
    """Say in a line why it could not be asked."""
    why = str(error).partition("\n")[0]
    return Finding(about=about, rules=rules, verdict=Verdict.UNASKED, found=why)
