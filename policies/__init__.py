"""The policy pack: rules for what Pulumi is about to do, each pure, and `pack` that hands them to Pulumi."""
