"""Counters for Prometheus: what is on the list and nothing else, on the loopback and only where it is asked for."""

import urllib.error
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from cabinwatch.events import Now
from cabinwatch.leaves import METRICS, Counters
from cabinwatch.metrics import MetricsServer
from tests.cabinwatch.brokers import free_port

ZEROS = dict.fromkeys(Counters.__struct_fields__, 0)
COUNTERS = Counters(**{**ZEROS, "frames": 900, "alerts": {"phone": 2, "sleep": 1}, "link_gaps": 3, "events_dropped": 4})


def now():
    return Now(COUNTERS, camera_delivers=True, frame_age_s=0.02, link_up=False)


@pytest.fixture
def served():
    port = free_port()
    server = MetricsServer(port, now)
    yield f"http://127.0.0.1:{port}/metrics"
    server.close()


def read(url):
    with urllib.request.urlopen(url, timeout=10) as answer:
        return list(text_string_to_metric_families(answer.read().decode()))


def test_what_was_counted_is_served(served):
    values = {(one.name, *one.labels.values()): one.value for family in read(served) for one in family.samples}
    assert values["cabinwatch_frames_total",] == 900
    assert values["cabinwatch_alerts_total", "phone"] == 2
    assert values["cabinwatch_frame_age_seconds",] == 0.02
    assert values["cabinwatch_link_up",] == 0
    assert values["cabinwatch_events_dropped_total",] == 4


def test_nothing_but_the_list_is_served(served):
    """No number of the process, the interpreter or the platform, which the library would add by itself."""
    assert {one.name for family in read(served) for one in family.samples} == set(METRICS)


def test_a_port_that_is_taken_is_said_and_nothing_else_happens(served, caplog):
    port = int(served.split(":")[2].split("/")[0])
    MetricsServer(port, now).close()
    assert f"event=metrics_not_served port={port}" in caplog.text


def test_a_closed_server_is_gone():
    port = free_port()
    MetricsServer(port, now).close()
    with pytest.raises(urllib.error.URLError):
        read(f"http://127.0.0.1:{port}/metrics")
