"""Remote components: the provider builds them, and registers their children with this engine."""

from pulumi.runtime.proto import provider_pb2, resource_pb2

from rehearsal.engine.calls import RefusalError
from rehearsal.engine.deployment import Deployment
from rehearsal.engine.goal import Goal
from rehearsal.engine.run import StoppedError
from rehearsal.engine.services import Services
from rehearsal.engine.values import from_struct, output_dependencies, plain_outputs, to_struct

__all__ = ["construct"]


def construct(
    deployment: Deployment,
    goal: Goal,
    info: resource_pb2.DeploymentInfo,
    services: Services,
) -> resource_pb2.RegisterResourceResponse:
    """Have a component built by its provider.

    Raises StoppedError when it, or one of its children, fails.
    """
    run = deployment.run
    run.go_on()
    goal = deployment.complete(goal)
    try:
        provider = run.registry.get(goal.provider)
        response = provider.construct(_request(goal, info), services)
    except RefusalError as error:
        if not run.stopped:  # otherwise a child's failure has been reported, and this is its echo
            run.fail(f"{goal.type} resource '{goal.name}' has a problem: {error}")
        raise StoppedError from error
    outputs = from_struct(response.state)
    answer = resource_pb2.RegisterResourceResponse(
        urn=response.urn, object=to_struct({key: plain_outputs(value) for key, value in outputs.items()})
    )
    for key, value in outputs.items():
        urns = output_dependencies(value).union(response.stateDependencies[key].urns)
        answer.propertyDependencies[key].urns.extend(sorted(urns))
    return answer


def _request(goal: Goal, info: resource_pb2.DeploymentInfo) -> provider_pb2.ConstructRequest:
    request = provider_pb2.ConstructRequest(
        project=info.project,
        stack=info.stack,
        organization=info.organization,
        config=info.config,
        dryRun=info.dryRun,
        parallel=info.parallel,
        type=goal.type,
        name=goal.name,
        parent=goal.parent,
        inputs=to_struct(goal.inputs),
        protect=goal.protect,
        providers=goal.providers,
        dependencies=goal.dependencies,
        additionalSecretOutputs=goal.additional_secret_outputs,
        deletedWith=goal.deleted_with,
        deleteBeforeReplace=goal.delete_before_replace,
        ignoreChanges=goal.ignore_changes,
        replaceOnChanges=goal.replace_on_changes,
        retainOnDelete=goal.retain_on_delete,
        aliases=[alias.message() for alias in goal.aliases],
        resource_hooks=provider_pb2.ConstructRequest.ResourceHooksBinding(**goal.hooks),
    )
    for key, urns in goal.property_dependencies.items():
        request.inputDependencies[key].urns.extend(urns)
    return request
