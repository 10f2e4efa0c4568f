"""The `eks` provider: answers `Construct` with a component that registers its children itself."""

from collections.abc import Callable, Mapping

import pulumi
from pulumi.provider.experimental import provider as sdk
from typing_extensions import override

from package.values import state_of
from rehearsal.providers.eks.cluster import Cluster
from rehearsal.providers.eks.nodes import ManagedNodeGroup
from rehearsal.providers.eks.values import Inputs, component_inputs
from rehearsal.providers.errors import ProviderError

__all__ = ["EksProvider"]

_Component = Callable[[str, Inputs, pulumi.ResourceOptions], Cluster | ManagedNodeGroup]

_COMPONENTS: Mapping[str, _Component] = {
    "eks:index:Cluster": Cluster,
    "eks:index:ManagedNodeGroup": ManagedNodeGroup,
}


class EksProvider(sdk.Provider):
    """Builds pulumi-eks 4's `Cluster` and `ManagedNodeGroup` of the same children, names and parents.

    An argument that the components do not model is refused: nothing is quietly left out.
    """

    @override
    async def configure(self, request: sdk.ConfigureRequest) -> sdk.ConfigureResponse:
        return sdk.ConfigureResponse(supports_preview=True, accept_resources=True, accept_secrets=True)

    @override
    async def construct(self, request: sdk.ConstructRequest) -> sdk.ConstructResponse:
        component = _COMPONENTS.get(request.resource_type)
        if component is None:
            raise ProviderError(f"{request.resource_type}: the rehearsal does not model this component")
        built = component(request.name, component_inputs(request.inputs), request.options)
        state = await state_of(built.state)
        return sdk.ConstructResponse(str(await built.urn.future()), state, {})
