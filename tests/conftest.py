from hypothesis import HealthCheck, settings

# A deadline measures the machine: what is slow here is judged where it is measured.
settings.register_profile("patient", deadline=None, derandomize=True, print_blob=True)
# For an hour at night: `pytest --hypothesis-profile deep tests/fuzz`.
settings.register_profile(
    "deep", deadline=None, max_examples=3000, print_blob=True, suppress_health_check=[*HealthCheck]
)
settings.load_profile("patient")
