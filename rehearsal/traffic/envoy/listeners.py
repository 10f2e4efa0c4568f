"""Listeners of NLBs and ALBs as Envoy's."""

from rehearsal.oracle.state import Forward, Listener
from rehearsal.traffic.envoy.clusters import flow_cluster_name
from rehearsal.traffic.envoy.resources import Resource, Site, address, seconds, source, typed
from rehearsal.traffic.flows import Way

__all__ = ["flow_listener", "peer_listener", "request_listener"]

FLOW_IDLE = 350.0
"""Model seconds until an NLB closes a flow that is idle, by default."""
REQUEST_IDLE = 60.0
"""Model seconds until an ALB closes a connection without requests, by default."""
KEEP_ALIVE = 3600.0
"""Model seconds for which an ALB keeps a client's connection open at most, by default; it ends between two requests."""
SHORTEST_IDLE = 5.0
"""Real seconds that either of them lasts at least: at a high speed a busy machine alone would reach them."""
_NOWHERE = "nowhere"


def flow_listener(listener: Listener, site: Site) -> Resource:
    """Return a listener of an NLB: a weighted TCP proxy. Without a target group it closes what comes."""
    action = listener.action
    weights = action.weights if isinstance(action, Forward) else dict[str, int]()
    shares = [
        {"name": flow_cluster_name(Way(listener.load_balancer, listener.arn, group)), "weight": weight}
        for group, weight in weights.items()
        if weight
    ]
    proxy = typed(
        "extensions.filters.network.tcp_proxy.v3.TcpProxy",
        stat_prefix="nlb",
        idle_timeout=_idle(FLOW_IDLE, site),
        **({"weighted_clusters": {"clusters": shares}} if shares else {"cluster": _NOWHERE}),
    )
    return _listener(listener, site, {"filters": [{"name": "flows", "typed_config": proxy}]})


def request_listener(listener: Listener, route_name: str, site: Site) -> Resource:
    """Return a listener of an ALB: HTTP/1.1 and HTTP/2, over TLS where it is HTTPS; its routes change in place."""
    rds = source(site.directory / "rds" / f"{route_name}.json")
    chain: Resource = {"filters": [_http(site, rds={"route_config_name": route_name, "config_source": rds})]}
    if listener.protocol == "HTTPS":
        chain["transport_socket"] = _tls(site)
    return _listener(listener, site, chain)


def peer_listener(site: Site) -> Resource:
    """Return the entry of the other region, which takes connections with TLS and without."""
    answers: Resource = {"match": {"prefix": "/"}, "route": {"cluster": "peer", "timeout": seconds(0)}}
    everything: Resource = {"name": "all", "domains": ["*"], "routes": [answers]}
    filters = [_http(site, route_config={"virtual_hosts": [everything]})]
    tls = typed("extensions.filters.listener.tls_inspector.v3.TlsInspector")
    return typed(
        "config.listener.v3.Listener",
        name="peer",
        address=address(*site.peer),
        listener_filters=[{"name": "tls", "typed_config": tls}],
        filter_chains=[
            {"filter_chain_match": {"transport_protocol": "tls"}, "filters": filters, "transport_socket": _tls(site)},
            {"filter_chain_match": {"transport_protocol": "raw_buffer"}, "filters": filters},
        ],
    )


def _listener(listener: Listener, site: Site, chain: Resource) -> Resource:
    where = address(site.address_of(listener.load_balancer), site.port(listener.port))
    return typed("config.listener.v3.Listener", name=listener.arn, address=where, filter_chains=[chain])


def _idle(limit: float, site: Site) -> str:
    return seconds(max(limit / site.speed, SHORTEST_IDLE))


def _http(site: Site, **route_source: Resource) -> Resource:
    manager = typed(
        "extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="alb",
        generate_request_id=False,
        common_http_protocol_options={
            "idle_timeout": _idle(REQUEST_IDLE, site),
            "max_connection_duration": seconds(KEEP_ALIVE / site.speed),
        },
        http1_safe_max_connection_duration=True,
        http_filters=[{"name": "router", "typed_config": typed("extensions.filters.http.router.v3.Router")}],
        local_reply_config={"mappers": [_BAD_GATEWAY]},
        **route_source,
    )
    return {"name": "requests", "typed_config": manager}


_BAD_GATEWAY: Resource = {
    # A target that refuses or resets is a 502 on an ALB, where Envoy says 503.
    "filter": {"response_flag_filter": {"flags": ["UF", "UC"]}},
    "status_code": 502,
}


def _tls(site: Site) -> Resource:
    files = {"certificate_chain": "cert.pem", "private_key": "key.pem"}
    certificate = {key: {"filename": str(site.directory / name)} for key, name in files.items()}
    context = typed(
        "extensions.transport_sockets.tls.v3.DownstreamTlsContext",
        common_tls_context={"alpn_protocols": ["h2", "http/1.1"], "tls_certificates": [certificate]},
    )
    return {"name": "tls", "typed_config": context}
