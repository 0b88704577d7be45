"""Serves what was counted to Prometheus, on this machine's loopback.

Knows prometheus_client. Must not know where the numbers come from. Serves only what cabinwatch/leaves.py
lists.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from threading import Thread
from wsgiref.simple_server import WSGIServer

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from cabinwatch.events import Now
from cabinwatch.leaves import METRICS
from cabinwatch.log import event

LOOPBACK = "127.0.0.1"

_log = logging.getLogger("cabinwatch")


class Numbers(Collector):
    """What is served at one moment."""

    def __init__(self, now: Callable[[], Now]) -> None:
        self._now = now

    def collect(self) -> Iterator[Metric]:
        """The metrics on the list, in its order."""
        metrics = {metric.name: metric for metric in _metrics(self._now())}
        yield from (metrics[name.removesuffix("_total")] for name in METRICS)


class MetricsServer:
    """Serves until closed. A port that cannot be had is said in the log; alerts go on."""

    def __init__(self, port: int, now: Callable[[], Now]) -> None:
        registry = CollectorRegistry()
        registry.register(Numbers(now))
        self._running: tuple[WSGIServer, Thread] | None = None
        try:
            self._running = start_http_server(port, LOOPBACK, registry)
        except OSError as error:
            event(_log, logging.ERROR, "metrics_not_served", port=port, why=error.strerror)

    def close(self) -> None:
        """Ends the server and its thread."""
        if self._running is not None:
            server, thread = self._running
            server.shutdown()
            server.server_close()
            thread.join()


def _metrics(now: Now) -> Iterable[Metric]:
    counts = now.counters
    yield _gauge("camera_delivers", "whether frames come", now.camera_delivers)
    yield _gauge("frame_age_seconds", "between exposure and judgement of the last frame", now.frame_age_s)
    yield _gauge("link_up", "whether the microcontroller answers", now.link_up)
    yield _counter("frames", "judged", counts.frames)
    yield _counter("camera_silences", "times the camera fell silent", counts.silences)
    yield _counter("link_losses", "times the microcontroller fell silent", counts.link_losses)
    yield _counter("link_sent", "frames to the microcontroller", counts.link_sent)
    yield _counter("link_received", "frames of the microcontroller acted on", counts.link_received)
    yield _counter("link_gaps", "frames of the microcontroller that never came", counts.link_gaps)
    yield _counter("link_refused", "frames of the microcontroller damaged or out of order", counts.link_refused)
    yield _counter("events_dropped", "that could not be stored", counts.events_dropped)
    alerts = CounterMetricFamily("cabinwatch_alerts", "episodes", labels=["cause"])
    for cause, number in counts.alerts.items():
        alerts.add_metric([cause], number)
    yield alerts


def _gauge(name: str, meaning: str, value: float) -> Metric:
    return GaugeMetricFamily(f"cabinwatch_{name}", meaning, value=value)


def _counter(name: str, meaning: str, value: int) -> Metric:
    return CounterMetricFamily(f"cabinwatch_{name}", meaning, value=value)
