"""Moves traffic from one colour to the other in steps: by the stack file, one `pulumi up` with its gates a step."""
