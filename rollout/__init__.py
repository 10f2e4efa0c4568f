"""Day 2: what a change does to traffic, and how the fleet stands."""
