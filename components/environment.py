"""Which stacks are careful: the environment that a stack's name says."""

import re

__all__ = ["is_prod"]

_KNOWN_TEST_STACK = re.compile(r"(dev|qa)(-[a-z0-9]+)*")
_SAYS_PROD = re.compile("prod|prd|live")


def is_prod(stack: str) -> bool:
    """Whether a stack counts as prod: every one that is not known to be dev or qa.

    Known are `dev`, `qa` and names that begin with `dev-` or `qa-`, unless the rest says prod, prd or live.
    """
    return not _KNOWN_TEST_STACK.fullmatch(stack) or bool(_SAYS_PROD.search(stack))
