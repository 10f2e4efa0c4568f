"""Alarms through the API: what sets them off, and what is refused."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from rehearsal.aws import Pod
from rehearsal.oracle.metrics import ALB, NLB, RATE
from tests.rehearsal.aws.stage import Stage, forward, refused

ALARM = {"ComparisonOperator": "GreaterThanThreshold", "Threshold": 5, "EvaluationPeriods": 1}
ONE = ALARM | {"Namespace": ALB, "MetricName": "RequestCount", "Period": 60, "Statistic": "Sum"}


class Watched:
    """NLB -> blue and green ALB, all clients on blue, and short ways to alarms on green."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.aws = stage, stage.aws
        self.api = stage.aws.client("cloudwatch")
        (_, self.blue), (green, self.green) = stage.chain("blue", 0), stage.chain("green", 1)
        self.nlb = stage.nlb()
        self.listener = stage.listener(self.nlb, **{self.blue: 1})
        stage.listener(self.nlb, port=8443, **{self.green: 1})
        stage.aws.advance(420)
        stage.aws.watch([stage.probe(self.nlb["DNSName"])])
        self.pods = [pod.address for pod in stage.aws.snapshot().pods.values() if pod.cluster == stage.name("green")]
        self.balancer = suffix("LoadBalancer", green["LoadBalancerArn"])
        group = next(
            arn for arn, each in stage.aws.snapshot().target_groups.items() if each.name == stage.name("pods-green")
        )
        self.hosts = [self.balancer, suffix("TargetGroup", group)]

    def shift(self, **weights: int) -> None:
        groups = {"blue": self.blue, "green": self.green}
        chosen = forward(**{groups[colour]: weight for colour, weight in weights.items()})
        self.stage.elb.modify_listener(ListenerArn=self.listener, DefaultActions=chosen)

    def query(self, ident: str, metric: str, stat: str = "Sum", *, returned: bool = False) -> dict[str, Any]:
        named = {"Namespace": ALB, "MetricName": metric, "Dimensions": [self.balancer]}
        return {"Id": ident, "ReturnData": returned, "MetricStat": {"Metric": named, "Period": 60, "Stat": stat}}

    def put(self, name: str = "alarm", **params: Any) -> str:
        """Put an alarm on green; return its name."""
        self.api.put_metric_alarm(AlarmName=self.stage.name(name), **ALARM | params)
        return self.stage.name(name)

    def on(self, metric: str, name: str = "alarm", **params: Any) -> str:
        one = {"Namespace": ALB, "MetricName": metric, "Dimensions": [self.balancer], "Period": 60}
        return self.put(name, **one | params)

    def alarm(self, name: str) -> dict[str, Any]:
        (alarm,) = self.api.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return alarm

    def after(self, seconds: float, name: str) -> str:
        """Return the state of an alarm after some time."""
        self.aws.advance(seconds)
        return self.alarm(name)["StateValue"]


def suffix(name: str, arn: str) -> dict[str, str]:
    if name == "TargetGroup":
        return {"Name": name, "Value": arn.rpartition(":")[2]}
    return {"Name": name, "Value": arn.partition(":loadbalancer/")[2]}


@pytest.fixture
def watched(stage):
    """Alarms and clients outlive a test otherwise, and every later call of the session would pay for them."""
    watched = Watched(stage)
    yield watched
    alarms = watched.api.describe_alarms(MaxRecords=100)["MetricAlarms"]
    watched.api.delete_alarms(AlarmNames=[alarm["AlarmName"] for alarm in alarms])
    stage.aws.ask([])


def test_an_alarm_follows_a_colour_that_gets_traffic_errs_and_recovers(watched):
    share = {"Id": "share", "Expression": "100 * (errors + own) / requests", "ReturnData": True}
    queries = [watched.query("errors", "HTTPCode_Target_5XX_Count"), watched.query("own", "HTTPCode_ELB_5XX_Count")]
    name = watched.put(Metrics=[*queries, watched.query("requests", "RequestCount"), share], EvaluationPeriods=2)
    assert watched.after(300, name) == "INSUFFICIENT_DATA"
    watched.shift(blue=90, green=10)
    assert watched.after(120, name) == "OK"
    assert watched.aws.disturb(watched.pods, error_share=0.5).lost == 5
    assert watched.after(60, name) == "OK"  # one of two datapoints
    assert watched.after(60, name) == "ALARM"
    alarm = watched.alarm(name)
    assert "[50.0 (" in alarm["StateReason"]
    assert alarm["StateUpdatedTimestamp"] == alarm["StateTransitionedTimestamp"]
    assert alarm["StateUpdatedTimestamp"].second == 0
    watched.aws.disturb(watched.pods, error_share=0)
    assert watched.after(120, name) == "OK"
    watched.shift(blue=1)
    assert watched.after(300, name) == "INSUFFICIENT_DATA"


def test_latency_alone_sets_off_an_alarm_on_its_percentile_and_loses_nothing(watched):
    name = watched.on("TargetResponseTime", ExtendedStatistic="p99", Threshold=1)
    watched.shift(green=1)
    assert watched.after(120, name) == "OK"
    assert watched.aws.disturb(watched.pods, latency=2.5).lost == 0
    assert watched.after(120, name) == "ALARM"
    watched.aws.disturb(watched.pods, latency=0.1)
    assert watched.after(120, name) == "OK"


def test_unhealthy_hosts_set_off_an_alarm_without_traffic(watched):
    name = watched.on("UnHealthyHostCount", Dimensions=watched.hosts, Statistic="Maximum", Threshold=0)
    assert watched.after(120, name) == "OK"
    watched.aws.set_healthy(watched.pods, healthy=False)
    assert watched.after(120, name) == "ALARM"
    watched.aws.set_healthy(watched.pods, healthy=True)
    assert watched.after(120, name) == "OK"


def test_what_only_time_changes_is_measured_when_it_changes(watched):
    """Targets that were registered become healthy in the middle of one long advance."""
    watched.api.put_metric_alarm(
        AlarmName=watched.stage.name("hosts"),
        **ALARM | {"ComparisonOperator": "LessThanThreshold", "Threshold": 1},
        Namespace=ALB, MetricName="HealthyHostCount", Dimensions=watched.hosts, Period=60, Statistic="Minimum",
    )  # fmt: skip
    watched.aws.remove_pods(watched.pods)
    watched.aws.advance(120)
    pod = Pod(watched.pods[0].partition(":")[0], 8080, watched.stage.name("green"), "green")
    began = watched.aws.verdict().at
    watched.aws.add_pods([pod])
    watched.aws.advance(3600)
    alarm = watched.alarm(watched.stage.name("hosts"))
    assert alarm["StateValue"] == "OK"
    turned = (alarm["StateUpdatedTimestamp"] - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds()
    assert began + 170 <= turned < began + 170 + 120  # a start of 20 s, five checks every 30 s, a whole minute


@pytest.mark.parametrize(
    ("treatment", "states"),
    [
        ("missing", ["INSUFFICIENT_DATA", "OK", "INSUFFICIENT_DATA"]),
        ("ignore", ["INSUFFICIENT_DATA", "OK", "OK"]),
        ("breaching", ["ALARM", "OK", "ALARM"]),
        ("notBreaching", ["OK", "OK", "OK"]),
    ],
)
@pytest.mark.fact(58)
def test_traffic_that_comes_and_goes_in_every_treatment_of_missing_data(watched, treatment, states):
    name = watched.on("HTTPCode_Target_5XX_Count", Statistic="Sum", TreatMissingData=treatment)
    seen = [watched.after(300, name)]
    for weights in ({"green": 1}, {"blue": 1}):
        watched.shift(**weights)
        seen.append(watched.after(300, name))
    assert seen == states


def test_a_state_that_is_set_lasts_until_an_evaluation_differs(watched):
    name = watched.on("RequestCount", Statistic="Sum", Threshold=0)
    watched.shift(green=1)
    assert watched.after(120, name) == "ALARM"
    watched.api.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="a test", StateReasonData="{}")
    alarm = watched.alarm(name)
    assert (alarm["StateValue"], alarm["StateReason"], alarm["StateReasonData"]) == ("OK", "a test", "{}")
    assert watched.after(60, name) == "ALARM"
    watched.api.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="the same")
    watched.aws.advance(60)
    assert watched.alarm(name)["StateReason"] == "the same"
    refused(
        "ResourceNotFound", watched.api.set_alarm_state, AlarmName="none", StateValue="OK", StateReason="a test"
    )  # fmt: skip


def test_a_new_configuration_keeps_the_state_until_it_is_evaluated(watched):
    name = watched.on("RequestCount", Statistic="Sum", Threshold=0)
    watched.shift(green=1)
    assert watched.after(120, name) == "ALARM"
    watched.on("RequestCount", Statistic="Sum", Threshold=10**6)
    assert (watched.alarm(name)["StateValue"], watched.alarm(name)["Threshold"]) == ("ALARM", 10**6)
    assert watched.after(60, name) == "OK"


def test_metrics_are_told_by_period(watched):
    watched.shift(blue=50, green=50)
    watched.aws.advance(150)
    headers = watched.api.describe_alarms()["ResponseMetadata"]["HTTPHeaders"]
    end = parsedate_to_datetime(headers["date"])
    queries = [
        watched.query("requests", "RequestCount", returned=True),
        watched.query("slowest", "TargetResponseTime", "p99"),
        {"Id": "ms", "Expression": "1000 * slowest", "Label": "p99, ms"},
    ]
    asked = {"MetricDataQueries": queries, "StartTime": end - timedelta(minutes=10), "EndTime": end}
    requests, ms = watched.api.get_metric_data(**asked, ScanBy="TimestampAscending")["MetricDataResults"]
    assert requests["Values"] == [RATE * 30, RATE * 30, RATE * 15]
    assert {each.second for each in requests["Timestamps"]} == {0}
    assert (ms["Label"], ms["Values"]) == ("p99, ms", [20.0, 20.0, 20.0])
    latest = watched.api.get_metric_data(**asked)["MetricDataResults"][0]
    assert latest["Values"] == requests["Values"][::-1]
    refused("ValidationError", watched.api.get_metric_data, **asked | {"StartTime": end})


def test_flows_of_an_nlb_end_with_its_traffic(stage, watched):
    dimension = suffix("LoadBalancer", watched.nlb["LoadBalancerArn"])
    named = {"Namespace": NLB, "MetricName": "ActiveFlowCount", "Dimensions": [dimension]}
    name = watched.put(
        "flows", **named, Period=60, Statistic="Average", Threshold=0, ComparisonOperator="LessThanOrEqualToThreshold"
    )
    assert watched.after(120, name) == "OK"
    stage.elb.delete_listener(ListenerArn=watched.listener)
    assert watched.after(120, name) == "ALARM"


class TestAlarmsAsSuch:
    @pytest.fixture
    def api(self, stage):
        api = stage.aws.client("cloudwatch")
        yield api
        api.delete_alarms(AlarmNames=[each["AlarmName"] for each in api.describe_alarms()["MetricAlarms"]])

    def test_an_alarm_says_what_it_was_given(self, stage, api):
        action = "arn:aws-cn:sns:cn-north-1:123456789012:ops"
        name = stage.name("all")
        given = ONE | {
            "AlarmDescription": "d",
            "AlarmActions": [action],
            "TreatMissingData": "ignore",
            "Threshold": 5.0,
        }
        api.put_metric_alarm(AlarmName=name, **given)
        (alarm,) = api.describe_alarms(AlarmNamePrefix=name)["MetricAlarms"]
        assert {key: alarm[key] for key in given} == given
        assert alarm["AlarmArn"] == f"arn:aws-cn:cloudwatch:cn-north-1:123456789012:alarm:{name}"
        assert (alarm["StateValue"], alarm["ActionsEnabled"]) == ("INSUFFICIENT_DATA", True)
        assert stage.aws.calls()[-1].summary == f"put alarm {name}: Sum of RequestCount greater than 5, 1 of 1"

    def test_the_tape_names_the_expression(self, stage, api):
        query = {"Metric": {"Namespace": ALB, "MetricName": "RequestCount"}, "Period": 60, "Stat": "Sum"}
        metrics = [{"Id": "m", "MetricStat": query, "ReturnData": False}, {"Id": "e", "Expression": "m / 2"}]
        compared = {"ComparisonOperator": "LessThanOrEqualToThreshold", "Threshold": 0.5}
        more = {"EvaluationPeriods": 3, "DatapointsToAlarm": 2}
        api.put_metric_alarm(AlarmName="few", Metrics=metrics, **compared, **more)
        api.set_alarm_state(AlarmName="few", StateValue="OK", StateReason="")
        api.delete_alarms(AlarmNames=["few"])
        assert [call.summary for call in stage.aws.calls()[-3:]] == [
            "put alarm few: m / 2 less than or equal to 0.5, 2 of 3",
            "set alarm few to OK",
            "delete alarms few",
        ]

    def test_tags(self, stage, api):
        name = stage.name("tagged")
        api.put_metric_alarm(AlarmName=name, **ONE, Tags=[{"Key": "a", "Value": "b"}])
        arn = api.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["AlarmArn"]
        api.put_metric_alarm(AlarmName=name, **ONE, Tags=[{"Key": "ignored", "Value": "by an update"}])
        api.tag_resource(ResourceARN=arn, Tags=[{"Key": "c", "Value": "d"}])
        api.untag_resource(ResourceARN=arn, TagKeys=["a"])
        assert api.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
        refused("ResourceNotFoundException", api.list_tags_for_resource, ResourceARN=f"{arn}x")

    def test_deleting_passes_over_what_is_not_there(self, stage, api):
        name = stage.name("deleted")
        api.put_metric_alarm(AlarmName=name, **ONE)
        api.delete_alarms(AlarmNames=["none", name])
        assert api.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []

    def test_alarms_are_listed_page_by_page_and_by_state(self, stage, api):
        names = [stage.name(f"page-{number}") for number in range(5)]
        for name in names:
            api.put_metric_alarm(AlarmName=name, **ONE)
        api.set_alarm_state(AlarmName=names[3], StateValue="ALARM", StateReason="a test")
        pages = list(api.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2}))
        assert [len(page["MetricAlarms"]) for page in pages] == [2, 2, 1]
        assert [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]] == names
        assert [each["AlarmName"] for each in api.describe_alarms(StateValue="ALARM")["MetricAlarms"]] == [names[3]]
        assert api.describe_alarms(AlarmTypes=["CompositeAlarm"])["MetricAlarms"] == []

    @pytest.mark.parametrize(
        ("change", "code", "told"),
        [
            ({"MetricName": None}, "ValidationError", "exactly one of MetricName and Metrics"),
            ({"Namespace": None}, "MissingParameter", "Namespace"),
            ({"Period": None}, "MissingParameter", "Period"),
            ({"Threshold": None}, "MissingParameter", "Threshold"),
            ({"Period": 90}, "ValidationError", "a multiple of 60"),
            ({"Period": 10}, "ValidationError", "a multiple of 60"),
            ({"Period": 3600, "EvaluationPeriods": 25}, "ValidationError", "more than a day"),
            ({"DatapointsToAlarm": 2}, "ValidationError", "less than or equal to EvaluationPeriods"),
            ({"ExtendedStatistic": "p99"}, "InvalidParameterCombination", "exactly one of Statistic"),
            ({"Statistic": None, "ExtendedStatistic": "tm90"}, "ValidationError", "percentiles such as p99"),
            ({"Statistic": None, "ExtendedStatistic": "p101"}, "ValidationError", "percentiles such as p99"),
            ({"TreatMissingData": "none"}, "ValidationError", "must be one of missing, ignore"),
            ({"ComparisonOperator": "LessThanLowerThreshold"}, "ValidationError", "must be one of"),
            ({"AlarmActions": ["arn:aws:sns:cn-north-1:123456789012:ops"]}, "ValidationError", "Invalid arn syntax"),
            ({"Unit": "Count"}, "ValidationError", "Unit is not embedded"),
        ],
    )
    def test_what_is_refused(self, api, change, code, told):
        params = {key: value for key, value in (ONE | change).items() if value is not None}
        assert told in refused(code, api.put_metric_alarm, AlarmName="refused", **params)
        assert api.describe_alarms(AlarmNames=["refused"])["MetricAlarms"] == []

    @pytest.mark.parametrize(
        ("expression", "told"),
        [
            ("m1 + gone", "m2: no metric or expression has the id gone"),
            ("m2 + m1", "refers to itself"),
            ("m1 + m3", "must use the same period; it uses 60 s, 120 s"),
            ("1 + 1", "must be a single time series"),
            ("FILL(m1, LINEAR)", "LINEAR"),
            ("RATE(m1)", "not a function of metric math that is embedded"),
        ],
    )
    def test_expressions_that_are_refused(self, api, expression, told):
        metric = {"Metric": {"Namespace": ALB, "MetricName": "RequestCount"}, "Stat": "Sum"}
        metrics = [
            {"Id": "m1", "MetricStat": metric | {"Period": 60}, "ReturnData": False},
            {"Id": "m3", "MetricStat": metric | {"Period": 120}, "ReturnData": False},
            {"Id": "m2", "Expression": expression},
        ]
        refusal = refused("ValidationError", api.put_metric_alarm, AlarmName="refused", Metrics=metrics, **ALARM)
        assert told in refusal

    @pytest.mark.parametrize(
        ("queries", "more", "told"),
        [
            ([{"Id": "M1", "Expression": "1"}], {}, "begin with a lower-case letter"),
            ([{"Id": "m1", "Expression": "m1"}] * 2, {}, "must be unique"),
            ([{"Id": "m1"}], {}, "exactly one of MetricStat and Expression"),
            ([{"Id": "m1", "Expression": "1"}], {"Period": 60}, "together with Metrics"),
        ],
    )
    def test_queries_that_are_refused(self, api, queries, more, told):
        code = "InvalidParameterCombination" if more else "ValidationError"
        assert told in refused(code, api.put_metric_alarm, AlarmName="q", Metrics=queries, **ALARM, **more)

    def test_exactly_one_query_is_watched(self, api):
        metric = {"Metric": {"Namespace": ALB, "MetricName": "RequestCount"}, "Stat": "Sum", "Period": 60}
        for returned in (True, False):
            metrics = [{"Id": ident, "MetricStat": metric, "ReturnData": returned} for ident in ("a", "b")]
            refusal = refused("ValidationError", api.put_metric_alarm, AlarmName="q", Metrics=metrics, **ALARM)
            assert "exactly one element of Metrics" in refusal

    def test_metrics_are_not_put(self, stage, api):
        data = [{"MetricName": "own", "Value": 1}]
        refused("InternalFailure", api.put_metric_data, Namespace="DKMS", MetricData=data)
