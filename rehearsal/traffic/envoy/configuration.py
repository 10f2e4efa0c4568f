"""A state of AWS as the files that Envoy watches. Pure."""

import json
import re
from collections.abc import Mapping

from rehearsal.oracle.state import Snapshot
from rehearsal.traffic.envoy import clusters, listeners
from rehearsal.traffic.envoy.resources import Resource, Site
from rehearsal.traffic.envoy.routes import routes
from rehearsal.traffic.flows import FlowState

__all__ = ["CLUSTERS", "LISTENERS", "configure"]

CLUSTERS, LISTENERS = "cds.json", "lds.json"


def configure(snapshot: Snapshot, flows: FlowState, site: Site) -> Mapping[str, str]:
    """Return the text of each file by its path, in an order in which Envoy finds what one file needs from another.

    A way that ever carried flows keeps its cluster: without it nobody could close them.
    """
    files: dict[str, str] = {}
    found: list[Resource] = [clusters.peer_cluster(site)]
    for way, targets in flows.ways.items():
        found.append(clusters.flow_cluster(way, site))
        files[f"eds/{clusters.flow_cluster_name(way)}.json"] = _text(clusters.flow_targets(way, targets, site))
    for group in snapshot.target_groups.values():
        if group.kind != "alb":
            found.append(clusters.request_cluster(group.arn, site))
            files[f"eds/{clusters.request_cluster_name(group.arn)}.json"] = _text(clusters.request_targets(group, site))
    files[CLUSTERS] = _text(*found)
    served: list[Resource] = [listeners.peer_listener(site)]
    for listener in snapshot.listeners.values():
        balancer = snapshot.load_balancers[listener.load_balancer]
        if not balancer.active:
            continue
        if balancer.kind == "network":
            served.append(listeners.flow_listener(listener, site))
        else:
            name = re.sub(r"\W", "_", f"{balancer.arn}:{listener.port}")
            files[f"rds/{name}.json"] = _text(routes(name, listener))
            served.append(listeners.request_listener(listener, name, site))
    files[LISTENERS] = _text(*served)
    return files


def _text(*resources: Resource) -> str:
    return json.dumps({"resources": resources})
