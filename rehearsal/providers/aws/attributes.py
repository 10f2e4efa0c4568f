"""The key-value attributes of load balancers and target groups, and the inputs that set them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rehearsal.providers.values import Props

__all__ = ["Attribute", "Attributes", "flag"]


def flag(text: str) -> bool:
    """Read an attribute that is true or false."""
    return text == "true"


@dataclass(frozen=True)
class Attribute:
    """One attribute of the API, such as `idle_timeout.timeout_seconds`."""

    key: str
    default: object
    """What AWS gives a new one, in the input's words: asking for it takes no call."""
    read: Callable[[str], object] = str


@dataclass(frozen=True)
class Attributes:
    """All attributes of one type, by their input: `idleTimeout`, or `accessLogs.bucket` for a nested one."""

    by_input: Mapping[str, Attribute]

    @property
    def inputs(self) -> frozenset[str]:
        """The inputs at the top level that set attributes."""
        return frozenset(path.partition(".")[0] for path in self.by_input)

    @property
    def defaults(self) -> Props:
        """What is filled in where an input is missing; nothing inside a nested one."""
        return {path: a.default for path, a in self.by_input.items() if "." not in path}

    def changes(self, old: Props, new: Props) -> list[dict[str, str]]:
        """List what to modify, in the words of the call; `old` is empty for a new one."""
        return [
            {"Key": attribute.key, "Value": _text(after)}
            for path, attribute in self.by_input.items()
            if (after := _get(new, path, attribute.default)) != _get(old, path, attribute.default)
        ]

    def values(self, described: Iterable[Mapping[str, str]]) -> Props:
        """Read what a describing call says; what it leaves out has its default."""
        texts = {item["Key"]: item["Value"] for item in described if item["Value"]}
        values: Props = {path: default for path, default in self.defaults.items() if default is not None}
        for path, attribute in self.by_input.items():
            if attribute.key in texts:
                outer, _, inner = path.partition(".")
                value = attribute.read(texts[attribute.key])
                values |= {outer: values.get(outer, {}) | {inner: value}} if inner else {outer: value}
        return values


def _get(values: Props, path: str, default: object) -> object:
    outer, _, inner = path.partition(".")
    nested: Props = values.get(outer) or {} if inner else {}
    value = nested.get(inner) if inner else values.get(outer)
    return default if value is None else value


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
