"""Loads what programs take longest to import, in the process from which others are forked.

The generated packages load a part only when something of it is first used: two seconds in all.
"""

import os
from importlib import import_module

_AWS = [f"pulumi_aws.{part}" for part in ("cloudwatch", "ec2", "eks", "iam", "lb", "route53", "vpc")]
_KUBERNETES = [f"pulumi_kubernetes.{part}" for part in ("apiextensions", "core.v1", "helm.v3", "meta.v1", "storage.v1")]

os.nice(5)  # on a busy machine live traffic goes first: a late update is no failed request
import_module("rehearsal.engine.program")
for _name in (*_AWS, "pulumi_eks", *_KUBERNETES):
    hasattr(import_module(_name), "anything")  # asking is using
