"""Runs the case that the configuration names."""

import pulumi

from tests.policies.evasions import cases

getattr(cases, pulumi.Config().require("case"))()
