import pytest

from rehearsal.traffic.access import available


@pytest.fixture(scope="session")
def stage():
    if missing := available():
        pytest.skip(missing)
    from tests.rehearsal.traffic.stage import Stage  # needs what is missing otherwise

    stage = Stage()
    yield stage
    stage.close()


@pytest.fixture
def plane(stage):
    """One Envoy for all tests; each begins with a state of its own."""
    yield stage
    stage.hang_up()
