import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from core.shown_devices import Course, ShownDevice, Trouble
from tests.builders import NOON
from tests.page_rig import PageRig

COURSE = Course(
    [NOON, NOON + timedelta(seconds=1)], [0.25, None], [("temperature", [70.0, 95.5]), ("pressure", [3.0, None])]
)


@pytest.fixture
def rig() -> PageRig:
    found = PageRig()
    found.log_in()
    found.devices.shown = [
        ShownDevice("press", "press-1", NOON, 0.97, True),
        ShownDevice("press", "press-2", NOON, None, False),
        ShownDevice("press", "idle", None, None, False),
    ]
    found.devices.courses["press", "press-1"] = COURSE
    return found


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def rows(html: str) -> list[str]:
    body = html.partition("<tbody>")[2].partition("</tbody>")[0]
    return [words(row) for row in body.split("</tr>")[:-1]]


def test_each_device_has_its_latest_score_and_says_whether_an_incident_is_open(rig: PageRig) -> None:
    assert rows(rig.browser.get("/ui/devices").text) == [
        "press-1 press open incident 97 % 13:00 CET, 1 Mar",
        "press-2 press not scored 13:00 CET, 1 Mar",
        "idle press not scored not among the latest readings",
    ]


def test_devices_are_found_by_a_part_of_their_name(rig: PageRig) -> None:
    assert [row.split()[0] for row in rows(rig.browser.get("/ui/devices?search=PRESS-").text)] == ["press-1", "press-2"]
    assert "No device of this name" in rig.browser.get("/ui/devices?search=pump").text


def test_very_many_devices_are_shown_fifty_at_a_time(rig: PageRig) -> None:
    rig.devices.shown = [ShownDevice("press", f"press-{number}", None, None, False) for number in range(120)]
    pages, path = [], "/ui/devices?search=press%2D"
    while path:
        html = rig.browser.get(path).text
        pages.append(len(rows(html)))
        found = re.search(r'href="(/ui/devices[^"]+)">More devices', html)
        path = found.group(1).replace("&amp;", "&") if found else ""
    assert pages == [50, 50, 20]
    assert "There are no more." in rig.browser.get("/ui/devices?skip=500").text
    assert rig.browser.get("/ui/devices?skip=-1").status_code == 422


def test_a_device_has_a_line_of_its_latest_scores(rig: PageRig) -> None:
    rig.devices.shown = [ShownDevice("press", "press-1", NOON, 1.0, False, (0.0, None, 0.5, 1.0))]
    assert '<path d="M0.0 28.0h0M66.7 15.0h0L100.0 2.0"/>' in rig.browser.get("/ui/devices").text


def test_a_device_shows_its_latest_readings_newest_first_and_its_incidents(rig: PageRig) -> None:
    rig.devices.incidents["press", "press-1"] = [Trouble(7, NOON, None), Trouble(None, NOON, NOON)]
    html = rig.browser.get("/ui/devices/press-1").text
    assert rows(html) == ["13:00:01 CET, 1 Mar not scored 95.5 –", "13:00:00 CET, 1 Mar 25 % 70 3"]
    assert "since 13:00 CET, 1 Mar , still open alert #7" in words(html)
    assert "over since 13:00 CET, 1 Mar" in words(html)


def test_the_charts_get_columns_with_units_and_usual_ranges(rig: PageRig) -> None:
    rig.devices.incidents["press", "press-1"] = [Trouble(7, NOON, None)]
    answer = rig.browser.get("/ui/readings?device=press-1&machine=press")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {
        "times": [NOON.timestamp(), NOON.timestamp() + 1],
        "troubles": [[NOON.timestamp(), None]],
        "lines": [
            {"title": "Probability of a fault", "unit": "%", "usual": None, "values": [25.0, None]},
            {"title": "temperature", "unit": "°C", "usual": [50.0, 80.0], "values": [70.0, 95.5]},
            {"title": "pressure", "unit": "bar", "usual": [2.0, 6.0], "values": [3.0, None]},
        ],
    }


def test_two_machines_with_a_device_of_one_name_are_told_apart(rig: PageRig) -> None:
    rig.devices.shown.append(ShownDevice("pump", "press-1", None, None, False))
    asked = rig.browser.get("/ui/devices/press-1").text
    assert "press-1 of press" in words(asked)
    assert "press-1 of pump" in words(asked)
    assert "70" in words(rig.browser.get("/ui/devices/press-1?machine=press").text)


@pytest.mark.parametrize(
    "path", ["/ui/devices/pump-9", "/ui/devices/secret-1", "/ui/readings?device=secret-1&machine=vault"]
)
def test_a_device_that_is_not_there_or_not_followed_is_told_so_alike(rig: PageRig, path: str) -> None:
    rig.devices.shown.append(ShownDevice("vault", "secret-1", NOON, 0.5, False))
    rig.devices.foreign.add("vault")
    answer = rig.browser.get(path)
    assert answer.status_code == 404
    assert "There is no such device, or you do not follow its machine." in answer.text


@pytest.mark.parametrize(
    "name",
    ["line 3/press 1", "a&b?c#d", "50%", "<b>x</b>", '"><script>alert(1)</script>', "größe", "a+b", "a/../b", "a//b"],
)
def test_whatever_a_device_is_called_its_page_is_found_and_shows_the_name_as_text(rig: PageRig, name: str) -> None:
    rig.devices.shown = [ShownDevice("press", name, NOON, 0.5, False)]
    rig.devices.courses["press", name] = COURSE
    html = rig.browser.get("/ui/devices").text
    link = re.search(r'<th scope="row"><a href="([^"]+)"', html)
    assert link
    shown = rig.browser.get(link.group(1).replace("&amp;", "&"))
    assert shown.status_code == 200
    assert "<b>x" not in shown.text
    assert shown.text.count("<script") == 4, "ours, from files"
    charts = re.search(r'data-readings="([^"]+)"', shown.text)
    assert charts
    assert rig.browser.get(charts.group(1).replace("&amp;", "&")).json()["times"]
    assert rig.browser.get(f"/ui/devices?search={quote(name)}").status_code == 200


def test_without_a_session_no_device_is_shown(rig: PageRig) -> None:
    rig.browser.cookies.clear()
    for path in ("/ui/devices", "/ui/devices/press-1", "/ui/readings?device=press-1&machine=press"):
        assert rig.browser.get(path).status_code == 401
