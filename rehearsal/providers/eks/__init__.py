"""The `eks` provider: pulumi-eks's remote components, by the Pulumi SDK for Python."""
