"""What all tests share: how many programs hypothesis makes up, and when the nightly ones run."""

import signal

import pytest
from hypothesis import HealthCheck, settings

UNHURRIED = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]

settings.register_profile("ci", derandomize=True, deadline=None, max_examples=200, suppress_health_check=UNHURRIED)
settings.register_profile("nightly", deadline=None, max_examples=5_000, print_blob=True, suppress_health_check=UNHURRIED)


def wants_nightly(config):
    """Whether the command line asks for the nightly tests: ``-m nightly``."""
    return "nightly" in (config.getoption("markexpr") or "")


def pytest_configure(config):
    # Whatever runs in the background is started with interrupts ignored, and so would be every process that it starts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    settings.load_profile("nightly" if wants_nightly(config) else "ci")


def pytest_collection_modifyitems(config, items):
    if wants_nightly(config):
        return
    left_out = [item for item in items if item.get_closest_marker("nightly")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture
def raises_in_full():
    """Run something that must raise, and compare the whole message, word for word."""

    def check(kind, message, run):
        with pytest.raises(kind) as caught:
            run()
        assert str(caught.value) == message
        return caught.value

    return check
