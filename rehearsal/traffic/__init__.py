"""Live traffic through the rehearsal: an Envoy that follows the embedded AWS, DNS, pods, and clients that count."""
