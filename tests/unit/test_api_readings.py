import asyncio
import io
import itertools
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet as pq
import pytest

from core.api_key import Scope
from core.batch import Quality
from core.errors import Unavailable
from core.kept_readings import BEGINNING, KeptMachine, LogPlace, Wanted, Window
from core.severity import Severity
from core.shown_devices import ShownDevice
from core.shown_incidents import ShownIncident
from tests.api_rig import ApiRig
from tests.builders import NOON
from tests.fake_reading_log import PRESS, FakeReadingLog, kept

PATH = "/api/v1/machines/press/readings"
EXPORT = f"{PATH}/export"


@pytest.fixture
def rig() -> ApiRig:
    rig = ApiRig()
    rig.readings.machines["press"] = PRESS
    rig.readings.pieces = [kept(range(5)), kept([]), kept(range(7, 10))]
    rig.devices.shown = [ShownDevice("press", "press-1", NOON, 0.97, in_trouble=True)]
    return rig


def test_a_reading_says_what_was_stored_of_it(rig: ApiRig) -> None:
    scores = [0.95, 0.2, np.nan]
    rig.readings.machines["press"] = KeptMachine(1, PRESS.sensors, ("none", "stains"), tells_value=False)
    rig.readings.pieces = [kept(range(3), scores=scores, quality=[0, 0, 18], classes=[1, 0, 0])]
    fault, normal, doubtful = rig.program.get(PATH).json()["readings"]
    assert fault == {
        "id": "00000000-0000-0000-0000-000000000000",
        "device": "press-1",
        "time": "2026-03-01T12:00:00Z",
        "sensors": {"temperature": 70.0, "pressure": None},
        "quality": [],
        "fault": True,
        "probability": 0.95,
        "defect": "stains",
        "value": None,
        "model_version": 1,
        "topic": "readings.press",
        "partition": 0,
        "offset": 0,
    }
    assert (normal["fault"], normal["defect"], normal["probability"]) == (False, None, 0.2)
    assert doubtful["quality"] == ["out_of_range", "late"]
    assert (doubtful["fault"], doubtful["probability"], doubtful["model_version"]) == (None, None, None)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 1000])
def test_pages_of_any_size_say_each_reading_once_in_the_logs_order(rig: ApiRig, count: int) -> None:
    offsets, cursor = [], None
    for _ in range(20):
        page = rig.program.get(PATH, params={"count": count} | ({"cursor": cursor} if cursor else {})).json()
        assert len(page["readings"]) <= count
        offsets += [one["offset"] for one in page["readings"]]
        if (cursor := page["next"]) is None:
            break
    assert (offsets, cursor) == ([0, 1, 2, 3, 4, 7, 8, 9], None)


def test_a_filter_that_leaves_nothing_ends_the_page_and_not_the_paging(rig: ApiRig) -> None:
    rig.readings.pieces = [kept([])] * 50 + [kept([3])]
    first = rig.program.get(PATH).json()
    assert first["readings"] == []
    assert rig.readings.looked_through == 20
    second = rig.program.get(PATH, params={"cursor": first["next"]}).json()
    third = rig.program.get(PATH, params={"cursor": second["next"]}).json()
    assert ([one["offset"] for one in third["readings"]], third["next"]) == ([3], None)


def test_filters_reach_the_log(rig: ApiRig) -> None:
    rig.program.get(
        PATH,
        params={
            "device": "press-1",
            "since": "2026-03-01T12:00:00",
            "until": "2026-03-01T14:00:00+01:00",
            "fault": True,
            "model_version": 3,
            "quality": "late",
        },
    )
    rig.program.get(PATH, params={"quality": "good"})
    rig.program.get(EXPORT, params={"quality": "flagged"})
    until = NOON.replace(hour=13)
    every, good, flagged = rig.readings.asked
    assert every == Wanted(PRESS, "press-1", NOON, until, faults=True, version=3, quality=Quality.LATE)
    assert good == Wanted(PRESS, quality=Quality.GOOD)
    assert flagged.quality == sum(Quality)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"since": "2026-03-02T00:00:00Z", "until": "2026-03-02T00:00:00Z"}, "is not before until"),
        ({"since": "0001-01-01T00:00:00Z"}, "should be a moment from 1970"),
        ({"cursor": "bm9uZQ=="}, "send the `next` of the page before"),
        ({"cursor": "ä"}, "send the `next` of the page before"),
        ({"cursor": "OTk5OTkuMS4x"}, "send the `next` of the page before"),
        ({"quality": "bad"}, "quality"),
        ({"count": 1001}, "count"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(rig: ApiRig, asked: dict[str, Any], words: str) -> None:
    answer = rig.program.get(PATH, params=asked)
    assert (answer.status_code, words in answer.json()["detail"]) == (422, True), answer.text


def test_a_machine_or_device_that_the_operator_does_not_follow_is_404_and_a_key_needs_the_scope(rig: ApiRig) -> None:
    for path in (PATH, EXPORT):
        assert rig.program.get(path.replace("press", "lathe")).status_code == 404
        assert rig.program.get(path, params={"device": "lathe-1"}).status_code == 404
        program = rig.with_key(rig.keys.offer(Scope.PREDICT, name="scorer"))
        assert "lacks the scope read" in program.get(path).json()["detail"]
    assert rig.program.get("/api/v1/machines/lathe/incidents").status_code == 404


def test_an_export_has_all_readings_in_each_format(rig: ApiRig) -> None:
    lines = rig.program.get(EXPORT).text.splitlines()
    assert lines[0] == (
        '"id","device","time","probability","fault","quality","model_version","topic","partition","offset",'
        '"temperature","pressure"'
    )
    assert lines[1] == (
        '"00000000-0000-0000-0000-000000000000","press-1","2026-03-01T12:00:00.000000Z",0.5,false,0,1,'
        '"readings.press",0,0,70,'
    )
    parquet = rig.program.get(EXPORT, params={"format": "parquet"})
    arrow = rig.program.get(EXPORT, params={"format": "arrow"})
    assert parquet.headers["content-disposition"] == 'attachment; filename="press.parquet"'
    assert arrow.headers["content-type"] == "application/vnd.apache.arrow.stream"
    table = pa.ipc.open_stream(arrow.content).read_all()
    assert pq.read_table(io.BytesIO(parquet.content)).to_pylist() == table.to_pylist()
    assert [row["offset"] for row in table.to_pylist()] == [0, 1, 2, 3, 4, 7, 8, 9]
    assert table.column("temperature").to_pylist()[0] == 70.0
    assert table.column("pressure").null_count == len(lines) - 1 == 8


def test_a_text_that_a_spreadsheet_would_compute_is_words_in_csv_and_itself_elsewhere(rig: ApiRig) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "a=b"]
    rig.readings.pieces = [kept([number], device=name) for number, name in enumerate(names)]
    cells = [line.split(",")[1] for line in rig.program.get(EXPORT).text.splitlines()[1:]]
    assert cells == [f'"\'{name}"' for name in names[:-1]] + ['"a=b"']
    parquet = pq.read_table(io.BytesIO(rig.program.get(EXPORT, params={"format": "parquet"}).content))
    assert parquet.column("device").to_pylist() == names


def test_a_sensor_that_bears_a_columns_name_is_told_apart(rig: ApiRig) -> None:
    rig.readings.machines["press"] = KeptMachine(1, ("quality", "value"), (), tells_value=True)
    header = rig.program.get(EXPORT).text.splitlines()[0]
    assert header.endswith(
        '"value","quality","model_version","topic","partition","offset","sensor.quality","sensor.value"'
    )


class _Endless(FakeReadingLog):
    """Readings without end."""

    def windows(self, wanted: Wanted, start: LogPlace = BEGINNING, most: int | None = None) -> Iterator[Window]:
        for number in itertools.count():
            self.looked_through += 1
            yield Window(kept([number]), LogPlace(1, 0, number + 1))


class _Away(FakeReadingLog):
    """A database that does not answer."""

    def windows(self, wanted: Wanted, start: LogPlace = BEGINNING, most: int | None = None) -> Iterator[Window]:
        raise Unavailable("away")
        yield


def test_an_export_ends_with_its_client_and_makes_room_for_the_next() -> None:
    log = _Endless({"press": PRESS})
    rig = ApiRig(readings=log)
    for _ in range(5):  # more than may run at once
        asyncio.run(_hang_up_after(rig, 3))
    assert log.looked_through < 100


def test_a_client_that_takes_nothing_for_long_keeps_nobody_from_an_export(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.v1.readings.STALLED_S", 0.05)
    log = _Endless({"press": PRESS})
    rig = ApiRig(readings=log)
    for _ in range(5):
        asyncio.run(_stall_after(rig, 3))
    assert log.looked_through < 100


async def _stall_after(rig: ApiRig, pieces: int) -> None:
    """As the web server calls the application, for a client that stays and takes some pieces only."""
    await _call(rig, pieces, asyncio.Event().wait)


async def _hang_up_after(rig: ApiRig, pieces: int) -> None:
    """For a client that takes some pieces and goes."""
    await _call(rig, pieces, None)


async def _call(rig: ApiRig, pieces: int, stall: Callable[[], Awaitable[object]] | None) -> None:
    gone = asyncio.Event()
    left = iter(range(pieces))
    request = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> MutableMapping[str, Any]:
        if (message := next(request, None)) is not None:
            return message
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        assert message.get("status", 200) == 200
        if message["type"] == "http.response.body" and next(left, None) is None:
            if stall is not None:
                await stall()
            gone.set()

    key = rig.keys.offer(*Scope)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": EXPORT,
        "raw_path": EXPORT.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(b"host", b"api"), (b"authorization", f"Bearer {key}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    await asyncio.wait_for(rig.app(scope, receive, send), 30)


def test_a_database_that_is_away_is_a_problem_and_no_broken_file() -> None:
    rig = ApiRig(readings=_Away({"press": PRESS}))
    for _ in range(5):
        answer = rig.program.get(EXPORT)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_incidents_of_all_devices_come_with_and_without_an_alert(rig: ApiRig) -> None:
    told = ShownIncident(2, "press-1", "fault", NOON, None, Severity.HIGH, 0.97, 8, 3, 1)
    untold = ShownIncident(1, "press-2", "silent", NOON, NOON, Severity.LOW, 0.0, 0, 3, None)
    rig.incidents.known["press"] = [told, untold]
    path = "/api/v1/machines/press/incidents"
    first, second = rig.program.get(path).json()
    assert (first["severity"], first["alert"], first["until"]) == ("high", 1, None)
    assert (second["device"], second["kind"], second["alert"]) == ("press-2", "silent", None)
    assert rig.program.get(path, params={"before": 2}).json() == [second]
    assert rig.program.get(path, params={"open": True}).json() == [first]
    assert rig.program.get(path, params={"count": 1}).json() == [first]
