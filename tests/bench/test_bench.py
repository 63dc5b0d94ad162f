"""What is measured is what is said to be measured, and a figure is judged by its bound."""

import re
from pathlib import Path

import pytest

from habeas.datamap import load_map
from habeas.policy import load_policies
from workers.bench.export import export_lines
from workers.bench.line import Bound, Machine, line
from workers.bench.requests import request_lines
from workers.bench.shop import CONTROLLER, ROWS, TABLES, shop


def test_the_shop_has_sixty_rows_of_each_person_in_ten_tables() -> None:
    assert sum(len(tables) for tables in TABLES.values()) == 10
    folder = shop().maps.parent
    for name, tables in TABLES.items():
        mapped = load_map(shop().maps / f"{name}.toml")
        assert {table for table, _ in mapped.personal_tables()} == {*tables}
        made = re.findall(r"CREATE TABLE (\w+)", (folder / f"{name}.sql").read_text(encoding="utf-8"))
        assert made == list(tables)
    assert _rows(folder) == ROWS


def _rows(folder: Path) -> int:
    """By the series that the statements draw: of each row, so many below it."""
    found = 0
    for name, tables in TABLES.items():
        sql = (folder / f"{name}.sql").read_text(encoding="utf-8")
        each = {tables[0]: 1}
        for table, below, many in re.findall(r"INSERT INTO (\w+) [^;]*?FROM (\w+), generate_series\(1, (\d+)\)", sql):
            each[table] = each[below] * int(many)
        found += sum(each.values())
    return found


def test_its_policy_is_whole() -> None:
    policy = load_policies(shop().policies)[CONTROLLER]
    assert policy.review.erasure_approvals == 2


@pytest.mark.parametrize(
    ("bounds", "holds", "target"),
    [
        ({"value": Bound(most=0.5)}, True, "≤ 0.5"),
        ({"value": Bound(least=0.5)}, False, "≥ 0.5"),
        ({"ratio": Bound(most=1.5)}, False, "≤ 1.5"),
        ({}, None, None),
    ],
)
def test_a_line_is_the_median_beside_its_floor(
    bounds: dict[str, Bound], holds: bool | None, target: str | None
) -> None:
    one = line("x", [0.4, 9.0, 0.1], "s", floor=0.2, **bounds)
    assert (one.value, one.ratio, one.runs) == (0.4, 2.0, 3)
    assert (one.holds, one.target) == (holds, target)


def test_the_machine_is_named() -> None:
    here = Machine.here()
    assert here.cores >= 1
    assert here.memory_gb > 0.1
    assert here.cpu


@pytest.mark.stack
@pytest.mark.thorough
async def test_a_look_has_every_line() -> None:
    lines = await request_lines(lambda _: None, runs=1, each=2)
    assert {one.name.split(",")[0] for one in lines} == {"access", "erasure"}
    assert all(one.value > 0 for one in lines)


@pytest.mark.stack
@pytest.mark.thorough
async def test_a_copy_of_many_rows_is_measured_beside_what_the_database_does_of_it() -> None:
    speed, memory, grown = await export_lines(lambda _: None, rows=2_000, runs=1)
    assert speed.floor
    assert speed.ratio
    assert 0 < speed.ratio < 1
    assert memory.value > 0
    assert grown.floor
    assert grown.floor > 0
