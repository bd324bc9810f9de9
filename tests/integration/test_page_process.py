"""`./run page` and `./run operators link` as people use them, and as people misuse them."""

import json
import socket
import time
from pathlib import Path

from core.reply import Reply
from db.engine import connect
from db.operators import Operator, PostgresOperators, Subscription
from tests.alert_world import ANNA, alert_world
from tests.page_process import page_process
from tests.processes import run


def test_a_link_from_the_command_line_lets_its_operator_in_and_is_in_no_log(database_url: str, tmp_path: Path) -> None:
    engine = connect(database_url, "alerts")
    PostgresOperators(engine).add(Operator("Anna", "operator", "UTC", None, [Subscription("console", "Anna")]))
    engine.dispose()
    with page_process({"DATABASE_URL": database_url, "LOG_LEVEL": "DEBUG"}, tmp_path) as page:
        link = page.link("Anna")
        assert link.startswith(f"{page.url}/login/")
        with page.browser("Anna") as browser:
            assert "Anna" in browser.get("/ui/me").text
            assert browser.get(link).status_code == 200, "another link of hers is still good"
            session = browser.cookies["faultline"]
        for name, port, line in (("Nobody", page.port, "no operator named Nobody"), ("Anna", "0", "PAGE_PORT is 0")):
            refused = run(["operators", "link", name], page.environment | {"PAGE_PORT": port})
            assert (refused.returncode, line in refused.stderr) == (2, True)
        assert page.process.stop() == 0
        log = page.process.log.read_text()
    assert link.rpartition("/")[2] not in log, "I11: no secret in any log"
    assert session not in log


def test_a_new_alert_and_its_answer_reach_a_live_page_within_two_seconds(database_url: str, tmp_path: Path) -> None:
    with alert_world(database_url) as world, page_process({"DATABASE_URL": database_url}, tmp_path) as page:
        world.operator("Anna", ANNA)
        with page.browser("Anna") as browser, browser.stream("GET", "/ui/live") as live:
            states = (
                json.loads(line.removeprefix("data: ")) for line in live.iter_lines() if line.startswith("data: ")
            )
            assert next(states) == []
            began = time.monotonic()
            alert = world.alert()
            assert next(states) == [[alert, "open high"]]
            assert time.monotonic() - began < 2
            world.inbox.accept("shell", Reply("shell", None, "{}", "Anna", "shell", "n", alert=alert))
            assert next(states) == [[alert, "open high 1"]]
            assert page.process.stop() == 0, "a live page holds nobody up"
            assert list(states) == []


def test_a_port_that_is_taken_is_one_clear_line(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run(["page"], {"DATABASE_URL": database_url, "PAGE_PORT": str(port)})
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == (
        f"faultline: port {port} on 127.0.0.1 is in use: set PAGE_PORT to another one (0: any)"
    )
