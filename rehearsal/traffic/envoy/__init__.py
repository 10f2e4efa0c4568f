"""Envoy in the place of AWS's load balancers: its configuration, as files that it watches, and its process."""
