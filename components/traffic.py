"""Colours, weights, and the order in which traffic moves.

Pure: neither Pulumi nor boto3 is imported here, and everything else gets its numbers from here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

__all__ = ["DEFAULT_STEPS", "Colour", "Weights", "record_order", "shift_steps"]

DEFAULT_STEPS = (1, 5, 25, 50, 100)
"""Per cents that the receiving colour gets, step by step, when nobody says otherwise."""


class Colour(StrEnum):
    """One of the two clusters that stand side by side."""

    BLUE = "blue"
    GREEN = "green"

    @property
    def other(self) -> "Colour":
        """The colour on the other side of a shift."""
        return Colour.GREEN if self is Colour.BLUE else Colour.BLUE


@dataclass(frozen=True, slots=True)
class Weights:
    """Whole per cents of the traffic for each colour; they sum to 100.

    Raises ValueError, in words for the user, when they are negative or sum to anything else. That the sum
    is 100 is also what keeps at least one colour above 0.
    """

    blue: int
    green: int

    def __post_init__(self) -> None:
        if self.blue < 0 or self.green < 0 or self.blue + self.green != 100:
            raise ValueError(
                f"blue {self.blue} + green {self.green} is {self.blue + self.green}; "
                "weights are whole per cents that sum to 100"
            )

    @classmethod
    def all_to(cls, colour: Colour) -> Self:
        """100 per cent on one colour."""
        return cls(blue=100, green=0) if colour is Colour.BLUE else cls(blue=0, green=100)

    @classmethod
    def parse(cls, given: Mapping[str, object]) -> Self:
        """Weights from configuration; a colour left out has 0. Raises ValueError naming what is wrong."""
        whole: dict[str, int] = {}
        for key, value in given.items():
            if key not in set(Colour):
                raise ValueError(f"'{key}' is not a colour; the colours are blue and green")
            if isinstance(value, bool) or not isinstance(value, int):
                raise ValueError(f"{key} is {value!r}; weights are whole per cents that sum to 100, such as 90")
            if value < 0:
                raise ValueError(f"{key} is {value}; weights are whole per cents from 0 to 100")
            whole[key] = value
        return cls(blue=whole.get(Colour.BLUE, 0), green=whole.get(Colour.GREEN, 0))

    def __getitem__(self, colour: Colour) -> int:
        return self.blue if colour is Colour.BLUE else self.green

    def __str__(self) -> str:
        return " · ".join(f"{colour} {self[colour]}" for colour in self.live)

    @property
    def live(self) -> tuple[Colour, ...]:
        """The colours that get traffic."""
        return tuple(colour for colour in Colour if self[colour] > 0)

    @property
    def forward(self) -> dict[Colour, int]:
        """Weights of a load balancer's forward action.

        A colour at 0 is left out: at weight 0 an NLB closes the flows that it still has, while a target
        group that has left the action keeps them.
        https://docs.aws.amazon.com/elasticloadbalancing/latest/network/listener-update-rules.html
        """
        return {colour: self[colour] for colour in self.live}

    @property
    def heavier(self) -> Colour:
        """The colour with more traffic; blue at 50/50."""
        return Colour.GREEN if self.green > self.blue else Colour.BLUE


def record_order(after: Weights) -> tuple[Colour, Colour]:
    """Order the changes of two weighted records so that they are never both 0.

    Route 53 answers 0/0 as an equal split, which hands traffic to a colour that nobody has checked. The
    record that is heavier afterwards is above 0 as soon as it has changed, and it changes first, so only
    the weights *after* the shift matter: the order needs no memory of the weights before.
    https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
    """
    return after.heavier, after.heavier.other


def shift_steps(now: Weights, to: Colour, steps: Sequence[int] = DEFAULT_STEPS) -> tuple[Weights, ...]:
    """List the weights to pass through, in order, until `to` has 100 per cent.

    Steps are the per cents of `to`; those that it already has are left out, so a shift that was stopped
    goes on from where it stands. Raises ValueError when they do not rise to 100.
    """
    if list(steps) != sorted(set(steps)) or not steps or steps[0] < 1 or steps[-1] != 100:
        given = ",".join(str(step) for step in steps)
        raise ValueError(f"steps {given} do not rise to 100; write, for example, 1,5,25,50,100")
    ahead = (step for step in steps if step > now[to])
    return tuple(
        Weights(blue=step, green=100 - step) if to is Colour.BLUE else Weights(blue=100 - step, green=step)
        for step in ahead
    )
