"""Figures as Prometheus reads them."""

from prometheus_client.parser import text_string_to_metric_families

from adapters.metrics.exposition import LaneFigures, Measured, StoreFigures, exposition

MEASURED = Measured(
    version="1.2",
    is_ready=True,
    messages=10,
    cases_touched=2,
    set_aside=0,
    events=11,
    waiting_events=1,
    oldest_event_s=0.5,
    loop_lag_s=0.01,
    findings={("harassment", 3): 2},
    deliveries={("alert", "done"): 2},
    lanes={"crisis": LaneFigures(failures=0, is_out=False), "toxicity": LaneFigures(failures=4, is_out=True)},
    connections={"discord": True, "telegram": False},
    store=StoreFigures(
        open_cases=3,
        pending_actions=1,
        oldest_pending_s=2.5,
        unknown_actions=0,
        database_bytes=4096,
        free_bytes=1_000_000,
        timer_overdue_s=0.0,
    ),
)


def figures(measured: Measured) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    families = text_string_to_metric_families(exposition(measured).decode())
    return {(each.name, tuple(sorted(each.labels.items()))): each.value for one in families for each in one.samples}


def test_a_scrape_holds_every_figure_under_its_labels() -> None:
    told = figures(MEASURED)
    assert told["lightkeeper_messages_screened_total", ()] == 10
    assert told["lightkeeper_findings_total", (("category", "harassment"), ("level", "3"))] == 2
    assert told["lightkeeper_deliveries_total", (("kind", "alert"), ("outcome", "done"))] == 2
    assert told["lightkeeper_lane_out", (("lane", "toxicity"),)] == 1
    assert told["lightkeeper_lane_failures_total", (("lane", "toxicity"),)] == 4
    assert told["lightkeeper_connection_up", (("platform", "telegram"),)] == 0
    assert told["lightkeeper_outbox_oldest_seconds", ()] == 2.5
    assert told["process_resident_memory_bytes", ()] > 1_000_000


def test_a_database_that_cannot_be_read_leaves_its_figures_out_rather_than_at_zero() -> None:
    told = figures(Measured(**{name: getattr(MEASURED, name) for name in Measured.__slots__ if name != "store"}))
    assert ("lightkeeper_messages_screened_total", ()) in told
    assert ("lightkeeper_outbox_pending", ()) not in told
