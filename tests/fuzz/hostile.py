"""What nobody should write, and somebody will."""

from hypothesis import strategies as st

__all__ = ["TEXTS", "values"]

TEXTS = (
    "", " ", "~", "null", "true", "no", "0", "-1", "010", "1e999", "1.30", "١", "Blue", "blue ", "BLUE",
    "red", "é", "蓝", "‮neerg", "\ud800", "\x00", "\x1b[31m", "\n- x", "a" * 5000, "0" * 4000, "*",
    "*.example.cn", "a..b", ".", "-x", "../x", "::", "${x}", "0.0.0.0/0", "10.0.0.1/8", "10.0.0.0/33",
    "10.0.0.0/255.0.0.0", "::/0", "https://x", "kube-system", "[/red]", "{{x}}", "%s",
    "arn:aws:acm:us-east-1:123456789012:certificate/1", "04da6b54-80e4-46f7-96ec-b56ff0331ba9", "<script>",
    "```", "@all",
)  # fmt: skip
"""Texts that mean something to somebody: YAML, Pulumi, a terminal, a shell, Markdown."""

_NUMBERS = (0, 1, -1, 101, 65536, 2**31, 2**63, 10**30, 10**400, 0.5, -0.0, 1.3, 1e308, float("nan"), float("inf"))
_SCALARS = st.one_of(
    st.sampled_from(TEXTS), st.sampled_from(_NUMBERS), st.none(), st.booleans(), st.integers(), st.floats(), st.text()
)

values = _SCALARS.map(lambda each: [each] * 300) | st.recursive(
    _SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(TEXTS) | st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
"""Anything that YAML or JSON can hold, with a weakness for what breaks things."""
