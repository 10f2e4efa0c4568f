import pytest

from tests.rehearsal.aws.stage import Stage, refused


class Zone:
    """A hosted zone with an NLB to point at."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.dns = stage, stage.dns
        self.name = f"z{stage.number}.example.com"
        self.id = self.dns.create_hosted_zone(Name=self.name, CallerReference=self.name)["HostedZone"]["Id"]
        self.nlb = stage.nlb()

    def alias(self, name: str = "dkms", **more):
        target = {
            "HostedZoneId": self.nlb["CanonicalHostedZoneId"],
            "DNSName": self.nlb["DNSName"],
            "EvaluateTargetHealth": True,
        }
        return {"Name": f"{name}.{self.name}", "Type": "A", "AliasTarget": target, **more}

    def weighted(self, ident: str, weight: int, **more):
        return self.alias(SetIdentifier=ident, Weight=weight, **more)

    def change(self, *changes) -> None:
        batch = [{"Action": action, "ResourceRecordSet": record} for action, record in changes]
        self.dns.change_resource_record_sets(HostedZoneId=self.id, ChangeBatch={"Changes": batch})

    def refused(self, code: str, *changes) -> str:
        return refused(code, lambda: self.change(*changes))

    def held(self) -> list[tuple[str, str | None, int | None]]:
        records = self.dns.list_resource_record_sets(HostedZoneId=self.id)["ResourceRecordSets"]
        return sorted(
            (record["Name"].split(".")[0], record.get("SetIdentifier"), record.get("Weight"))
            for record in records
            if record["Type"] == "A"
        )


@pytest.fixture
def zone(stage: Stage) -> Zone:
    return Zone(stage)


@pytest.mark.fact(37)
def test_one_batch_turns_a_simple_record_into_a_weighted_one(zone):
    zone.change(("CREATE", zone.alias()))
    zone.change(("DELETE", zone.alias()), ("CREATE", zone.weighted("blue", 255)))
    zone.change(("CREATE", zone.weighted("green", 0)))
    assert zone.held() == [("dkms", "blue", 255), ("dkms", "green", 0)]
    assert zone.stage.aws.calls()[-1].summary == (
        f"record dkms.{zone.name} green weight 0 → {zone.nlb['DNSName'].split('.')[0]}"
    )


@pytest.mark.fact(36)
def test_a_batch_is_applied_as_a_whole_or_not_at_all(zone):
    zone.change(("CREATE", zone.alias()))
    elsewhere = {**zone.alias(), "Name": "x.example.org"}
    message = zone.refused("InvalidChangeBatch", ("DELETE", zone.alias()), ("CREATE", elsewhere))
    assert "not permitted in zone" in message
    assert zone.held() == [("dkms", None, None)]


@pytest.mark.fact(35)
def test_simple_and_weighted_records_of_a_name_exclude_each_other(zone):
    zone.change(("CREATE", zone.alias()))
    for action in ("CREATE", "UPSERT"):
        message = zone.refused("InvalidChangeBatch", (action, zone.weighted("blue", 1)))
        assert "other RRSets exist" in message
    zone.change(("DELETE", zone.alias()), ("CREATE", zone.weighted("blue", 1)))
    zone.refused("InvalidChangeBatch", ("CREATE", zone.alias()))


def test_what_exists_is_not_created_and_upsert_replaces_it(zone):
    zone.change(("CREATE", zone.weighted("blue", 1)))
    assert "already exists" in zone.refused("InvalidChangeBatch", ("CREATE", zone.weighted("blue", 2)))
    zone.change(("UPSERT", zone.weighted("blue", 2)), ("UPSERT", zone.weighted("green", 3)))
    assert zone.held() == [("dkms", "blue", 2), ("dkms", "green", 3)]


def test_a_delete_must_match_exactly_and_takes_only_its_own_set_identifier(zone):
    zone.change(
        ("CREATE", zone.weighted("blue", 1)),
        ("CREATE", {**zone.weighted("blue", 1), "Name": f"other.{zone.name}"}),
        ("CREATE", zone.weighted("green", 1)),
    )
    assert "do not match" in zone.refused("InvalidChangeBatch", ("DELETE", zone.weighted("blue", 9)))
    assert "not found" in zone.refused("InvalidChangeBatch", ("DELETE", zone.weighted("red", 1)))
    zone.change(("DELETE", zone.weighted("blue", 1)))
    assert zone.held() == [("dkms", "green", 1), ("other", "blue", 1)]


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("InvalidInput", {"TTL": 60}),
        ("InvalidInput", {"SetIdentifier": "blue"}),
        ("InvalidInput", {"SetIdentifier": "blue", "Weight": 256}),
        ("InvalidInput", {"ResourceRecords": [{"Value": "10.0.0.1"}]}),
    ],
)
@pytest.mark.fact(33, 34)
def test_what_an_alias_cannot_be(zone, code, change):
    zone.refused(code, ("CREATE", zone.alias(**change)))


@pytest.mark.parametrize(
    "target", [{"HostedZoneId": "Z1GDH35T77C1KE"}, {"DNSName": "gone.elb.cn-north-1.amazonaws.com.cn"}]
)
@pytest.mark.fact(39)
def test_an_alias_points_at_an_existing_load_balancer_in_its_zone(zone, target):
    record = zone.alias()
    record["AliasTarget"] |= target
    zone.refused("InvalidChangeBatch", ("CREATE", record))


def test_plain_records_keep_their_ttl_and_values(zone):
    record = {
        "Name": f"txt.{zone.name}",
        "Type": "TXT",
        "TTL": 30,
        "ResourceRecords": [{"Value": '"a"'}, {"Value": '"b"'}],
    }
    zone.change(("CREATE", record))
    zone.refused("InvalidChangeBatch", ("DELETE", {**record, "TTL": 31}))
    held = zone.dns.list_resource_record_sets(HostedZoneId=zone.id)["ResourceRecordSets"]
    assert [each["ResourceRecords"] for each in held if each["Type"] == "TXT"] == [record["ResourceRecords"]]
    refused("HostedZoneNotEmpty", zone.dns.delete_hosted_zone, Id=zone.id)
    zone.change(("DELETE", record))
    zone.dns.delete_hosted_zone(Id=zone.id)


def test_weights_of_records_reach_the_verdict(zone):
    stage = zone.stage
    (_, blue), (_, green) = stage.chain("blue", 0), stage.chain("green", 1)
    stage.listener(zone.nlb, **{blue: 1})
    first, zone.nlb = zone.nlb, stage.nlb("nlb-green")
    stage.listener(zone.nlb, **{green: 1})
    zone.change(("CREATE", zone.weighted("green", 30)))
    zone.nlb = first
    zone.change(("CREATE", zone.weighted("blue", 70)))
    stage.aws.advance(400)
    verdict = stage.aws.watch([stage.probe(f"dkms.{zone.name}")])
    assert (verdict.lost, verdict.probes[0].shares) == (0, {"blue": 70, "green": 30})
