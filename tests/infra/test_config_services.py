import pytest

from components.errors import ConfigError
from infra.config import parse
from tests.infra.settings import ABSENT, settings

SHARED = {"dkms:topology": "shared-alb"}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"dkms:services": {"key-management-service": {}}},
            "dkms:services.key-management-service: has 22 characters; at most 13 fit into a target group's name",
        ),
        ({"dkms:services": {"Keys": {}}}, "dkms:services.Keys: Keys is not a name in small letters, such as dkms"),
        ({"dkms:services": {}}, "dkms:services: is empty; name at least one"),
        (
            {"dkms:services": {"dkms": {"weights": {"blue": 90, "green": 10}}}},
            "dkms:services.dkms.weights: shared-nlb has one entry for all services; remove the key, and use weights",
        ),
        (
            SHARED | {"dkms:services": {"dkms": {"weights": {"blue": 90, "green": 20}}}},
            "dkms:services.dkms.weights: blue 90 + green 20 is 110; weights are whole per cents that sum to 100",
        ),
        (
            SHARED | {"dkms:services": {"dkms": {"weights": 10}}},
            "dkms:services.dkms.weights: 10 is not a mapping; write, for example, {blue: 90, green: 10}",
        ),
        (
            SHARED | {"dkms:clusters.green": ABSENT, "dkms:services": {"dkms": {"weights": {"blue": 90, "green": 10}}}},
            "dkms:services.dkms.weights: green has 10 and no cluster; add it, or give it 0",
        ),
        (
            SHARED | {"dkms:clusters.green.retiring": True, "dkms:services": {"dkms": {"weights": {"green": 100}}}},
            "dkms:services.dkms.weights: green is retiring, and has 100; take its traffic first",
        ),
        (
            {"dkms:services": {"dkms": {}, "keys": {}}},
            "dkms:services: dkms and keys both take every request; give one of them hosts or paths",
        ),
        (
            {"dkms:services": {"a": {"paths": ["/a"]}, "b": {"paths": ["/b"]}}},
            "dkms:services: a and b both have order 1; give each its own",
        ),
        (
            {"dkms:services": {"keys": {"paths": [f"/{n}" for n in range(6)]}}},
            "dkms:services: rule keys needs 6 values (hosts, paths, operatorCidrs, the colour); an ALB rule "
            "takes 5, so name fewer",
        ),
        (
            {"dkms:services": {"keys": {"paths": ["keys"]}}},
            "dkms:services.keys.paths[0]: keys is not a path pattern, such as /keys/*",
        ),
        (
            {"dkms:services": {"keys": {"hosts": ["keys.example.com"]}}},
            "dkms:services.keys.hosts: keys.example.com is not in the zone example.cn; give a name inside it",
        ),
        (
            {"dkms:services": {"keys": {"slowStart": 10}}},
            "dkms:services.keys.slowStart: 10 is too short; an ALB takes 0 or 30 to 900 seconds",
        ),
        (
            {"dkms:services": {"keys": {"deregistrationDelay": 4000}}},
            "dkms:services.keys.deregistrationDelay: 4000 is too large; at most 3600",
        ),
        (
            {"dkms:services": {"keys": {"namespace": "Keys"}}},
            "dkms:services.keys.namespace: Keys is not a Kubernetes name of at most 63 characters",
        ),
        ({"dkms:protect": "maybe"}, "dkms:protect: maybe is neither true nor false"),
        (
            {"dkms:accessLogs": {"bucket": "My_Bucket"}},
            "dkms:accessLogs.bucket: My_Bucket is not the name of an S3 bucket, such as dkms-elb-logs",
        ),
        ({"dkms:accessLogs": {}}, "dkms:accessLogs.bucket: is missing (name of the bucket)"),
        ({"dkms:tags": {"Owner": 5}}, "dkms:tags.Owner: 5 is a number; put it in quotes"),
        (
            {"dkms:tags": {"aws:owner": "me"}},
            "dkms:tags: aws:owner begins with a reserved prefix, aws: or bluegreen:; give another key",
        ),
        (
            {"dkms:tags": {"k" * 129: "v"}},
            "dkms:tags: kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…: v "
            "is over the limits; a key has 1 to 128 characters and a value at most 256",
        ),
        ({"dkms:tags": {f"k{n}": "v" for n in range(41)}}, "dkms:tags: 41 tags; give at most 40"),
        ({"dkms:wieghts": {"blue": 100}}, "dkms:wieghts: is unknown; did you mean weights?"),
        (
            {"dkms:colour": "blue"},
            "dkms:colour: is unknown; the keys here are aws:region, topology, active, weights, weightedNlb, "
            "clusters, tools, argocd, services, entry, adopted, network, controller, accessLogs, gates, protect, tags",
        ),
        ({"dksm:active": "green"}, "dksm:active: is in no namespace that is known here; write dkms:active"),
        ({"active": "green"}, "active: is in no namespace that is known here; write dkms:active"),
        (
            {"dkms:weights": '{"blue": 90, "green"'},
            'dkms:weights: {"blue": 90, "green" is not whole JSON (Expecting \':\' delimiter); write it as '
            "YAML in the stack file",
        ),
        (
            {"dkms:tags": {"Token": {"secure": "v1:abc"}}},
            'dkms:tags: {"Token": {"secure": "v1:abc"}} holds a secret; nothing here is one, so write it in plain text',
        ),
        (
            {"dkms:weights": "{" + '"blue": ' + "9" * 5000 + "}"},
            'dkms:weights: {"blue": 9999999999999999999999999999999999999999999999999999999999999999999999… '
            "is not whole JSON (a number or a nesting is too large); write it as YAML in the stack file",
        ),
        (
            {"dkms:network.zones": '["cn-north-1a'},
            'dkms:network.zones: ["cn-north-1a is not a list; write [first, second]',
        ),
    ],
)
def test_services_and_the_rest_are_checked(changes: dict[str, object], expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(settings(changes), "Pulumi.test.yaml")
    assert str(error.value).replace("Pulumi.test.yaml: ", "") == expected
    assert str(error.value).count("Pulumi.test.yaml: ") == len(expected.splitlines())
