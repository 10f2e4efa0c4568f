"""What a program is forked with, so that it need not work it out again."""

import pulumi_aws as aws
import pulumi_kubernetes as kubernetes
from pulumi import _types

from rehearsal.generated import learn_types, load


def test_the_types_of_properties_are_known_before_a_program_asks():
    load()
    learn_types()
    known = _types._types_from_py_properties.cache_info().misses
    _types.resource_types(aws.lb.Listener)
    _types.input_type_types(aws.lb.ListenerDefaultActionForwardArgs)
    _types.resource_types(kubernetes.helm.v3.Release)
    assert _types._types_from_py_properties.cache_info().misses == known
