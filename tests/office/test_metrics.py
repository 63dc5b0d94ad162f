"""The page of metrics of a process, served: its own, the ledger's and the SDK's, as one that Prometheus can read."""

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from habeas.errors import ConfigurationError
from tests.acceptance.house import fetch
from tests.office.world import World
from workers.listening import listening
from workers.metrics import sdk_metrics, serving_metrics
from workers.process import free_port
from workers.wiring import connect_temporal, load_settings


async def test_one_page_tells_of_the_process_the_installation_and_the_sdk(here: World, tmp_path: Path) -> None:
    settings, sdk, port = load_settings(here.settings_file(tmp_path)), sdk_metrics(), free_port()
    await connect_temporal(settings, sdk.runtime)
    async with serving_metrics("127.0.0.1", port, "metrics_port", here.office.measuring(settings), sdk):
        page = (await fetch(f"http://127.0.0.1:{port}/metrics")).decode()
    families = [family.name for family in text_string_to_metric_families(page)]
    assert {"habeas_activities", "habeas_requests_open", "habeas_ledger_up", "temporal_request"} <= set(families)
    assert len(families) == len(set(families)), "no name is told twice"


async def test_a_port_that_is_taken_is_named() -> None:
    with listening("127.0.0.1", 0, "x") as taken:
        taken.listen()
        page = serving_metrics("127.0.0.1", taken.getsockname()[1], "desk.metrics_port", None, None)
        with pytest.raises(ConfigurationError, match=r"`desk\.metrics_port` \d+ cannot be used"):
            async with page:
                pass
