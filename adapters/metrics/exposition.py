"""What is measured, and how it is written for Prometheus to read.

Labels come from closed vocabularies: no community, channel, person or message can be told apart by them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

MEDIA_TYPE = CONTENT_TYPE_LATEST


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneFigures:
    """One group of filters."""

    failures: int
    is_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """What waits on disk, and how much room there is; ages in seconds."""

    open_cases: int
    pending_actions: int
    oldest_pending_s: float
    unknown_actions: int
    database_bytes: int
    free_bytes: int
    timer_overdue_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Everything that is told; counts are since the start.

    Attributes:
        messages: Messages that were decided.
        findings: By category and level.
        deliveries: Attempts by kind of action and what came of them.
        connections: Whether each platform is connected.
        waiting_events: Events that wait to be decided, the oldest for `oldest_event_s`.
        store: None while the database can't be read.
    """

    version: str
    is_ready: bool
    messages: int
    cases_touched: int
    set_aside: int
    events: int
    waiting_events: int
    oldest_event_s: float
    loop_lag_s: float
    findings: Mapping[tuple[str, int], int] = field(default_factory=dict)
    deliveries: Mapping[tuple[str, str], int] = field(default_factory=dict)
    lanes: Mapping[str, LaneFigures] = field(default_factory=dict)
    connections: Mapping[str, bool] = field(default_factory=dict)
    notices: int = 0
    store: StoreFigures | None = None


def exposition(measured: Measured) -> bytes:
    """All of it as Prometheus' text, with what the kernel says of this process."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(measured))
    ProcessCollector(registry=registry)
    return generate_latest(registry)


class _Once(Collector):
    def __init__(self, measured: Measured) -> None:
        self._measured = measured

    def collect(self) -> Iterable[Metric]:
        told = self._measured
        yield _gauge("lightkeeper_ready", "1 while everything that is needed works.", told.is_ready)
        info = GaugeMetricFamily("lightkeeper_info", "The version that runs.", labels=["version"])
        info.add_metric([told.version], 1)
        yield info
        yield _counter("lightkeeper_events", "Events taken in.", told.events)
        yield _counter("lightkeeper_messages_screened", "Messages that were screened and decided.", told.messages)
        yield _counter("lightkeeper_cases_touched", "Cases opened or added to.", told.cases_touched)
        yield _counter("lightkeeper_events_set_aside", "Events that could not be decided.", told.set_aside)
        yield _gauge("lightkeeper_intake_waiting", "Events that wait to be decided.", told.waiting_events)
        yield _gauge(
            "lightkeeper_intake_oldest_seconds", "How long the oldest of them has waited.", told.oldest_event_s
        )
        yield _gauge("lightkeeper_loop_lag_seconds", "The event loop's worst delay in a minute.", told.loop_lag_s)
        yield _gauge("lightkeeper_notices", "Notices that stand on the console.", told.notices)
        findings = CounterMetricFamily("lightkeeper_findings", "What filters found.", labels=["category", "level"])
        for (category, level), count in sorted(told.findings.items()):
            findings.add_metric([category, str(level)], count)
        yield findings
        deliveries = CounterMetricFamily("lightkeeper_deliveries", "Attempts to act.", labels=["kind", "outcome"])
        for (kind, outcome), count in sorted(told.deliveries.items()):
            deliveries.add_metric([kind, outcome], count)
        yield deliveries
        yield from _lanes(told.lanes)
        up = GaugeMetricFamily("lightkeeper_connection_up", "1 while the platform is connected.", labels=["platform"])
        for platform, is_up in sorted(told.connections.items()):
            up.add_metric([platform], is_up)
        yield up
        if told.store is not None:
            yield from _store(told.store)


def _lanes(lanes: Mapping[str, LaneFigures]) -> Iterable[Metric]:
    failures = CounterMetricFamily(
        "lightkeeper_lane_failures", "Messages that filters gave no answer for.", labels=["lane"]
    )
    out = GaugeMetricFamily("lightkeeper_lane_out", "1 while messages go on without these filters.", labels=["lane"])
    for name, lane in sorted(lanes.items()):
        failures.add_metric([name], lane.failures)
        out.add_metric([name], lane.is_out)
    yield failures
    yield out


def _store(store: StoreFigures) -> Iterable[Metric]:
    yield _gauge("lightkeeper_cases_open", "Cases that nobody has decided.", store.open_cases)
    yield _gauge("lightkeeper_outbox_pending", "Actions that wait for delivery.", store.pending_actions)
    yield _gauge("lightkeeper_outbox_oldest_seconds", "How long the oldest of them has waited.", store.oldest_pending_s)
    yield _gauge("lightkeeper_actions_unknown", "Actions that may or may not have happened.", store.unknown_actions)
    yield _gauge("lightkeeper_timers_overdue_seconds", "How late the oldest timer is.", store.timer_overdue_s)
    yield _gauge("lightkeeper_database_bytes", "Database and write-ahead log.", store.database_bytes)
    yield _gauge("lightkeeper_disk_free_bytes", "What is free on the data folder's disk.", store.free_bytes)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(name, what, value=value)


def _counter(name: str, what: str, value: float) -> Metric:
    return CounterMetricFamily(name, what, value=value)
