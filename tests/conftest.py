from hypothesis import settings

# A deadline measures the machine: what is slow here is judged where it is measured.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
