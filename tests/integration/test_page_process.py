"""`./run page` and `./run operators link` as people use them, and as people misuse them."""

import socket
from pathlib import Path

from db.engine import connect
from db.operators import Operator, PostgresOperators, Subscription
from tests.page_process import page_process
from tests.processes import run


def test_a_link_from_the_command_line_lets_its_operator_in_and_is_in_no_log(database_url: str, tmp_path: Path) -> None:
    engine = connect(database_url, "alerts")
    PostgresOperators(engine).add(Operator("Anna", "operator", "UTC", None, [Subscription("console", "Anna")]))
    engine.dispose()
    with page_process({"DATABASE_URL": database_url, "LOG_LEVEL": "DEBUG"}, tmp_path) as page:
        link = page.link("Anna")
        assert link.startswith(f"{page.url}/login/")
        browser = page.browser("Anna")
        assert "Anna" in browser.get("/ui/me").text
        assert browser.get(link).status_code == 200
        unknown = run(["operators", "link", "Nobody"], page.environment)
        assert (unknown.returncode, "no operator named Nobody" in unknown.stderr) == (2, True)
        session = browser.cookies["faultline"]
        browser.close()
        assert page.process.stop() == 0
        log = page.process.log.read_text()
    assert link.rpartition("/")[2] not in log, "I11: no secret in any log"
    assert session not in log


def test_a_port_that_is_taken_is_one_clear_line(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        refused = run(["page"], {"DATABASE_URL": database_url, "PAGE_PORT": str(port)})
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1] == (
        f"faultline: port {port} on 127.0.0.1 is in use: set PAGE_PORT to another one (0: any)"
    )
