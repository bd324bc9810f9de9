import pytest
from starlette.datastructures import Headers

from api.guard import refusal
from api.site import site

HERE = site("127.0.0.1", 8000, "https://faultline.example")
OURS = "https://faultline.example"


def headers(**given: str) -> Headers:
    return Headers({"host": "faultline.example", **{name.replace("_", "-"): value for name, value in given.items()}})


@pytest.mark.parametrize("host", ["evil.example", "faultline.example.evil.example", "faultline.example:8000", ""])
def test_a_foreign_name_for_our_address_is_told_where_the_page_is(host: str) -> None:
    found = refusal(HERE, "GET", headers(host=host))
    assert found is not None
    assert OURS in found


@pytest.mark.parametrize("host", ["faultline.example", "FAULTLINE.example", "localhost:8000"])
def test_reading_needs_no_more_than_our_name(host: str) -> None:
    assert refusal(HERE, "GET", headers(host=host, sec_fetch_site="cross-site")) is None


@pytest.mark.parametrize(
    "given",
    [
        {"origin": OURS, "sec_fetch_site": "same-origin"},
        {"origin": OURS},
        {"sec_fetch_site": "same-origin"},
        {"origin": "http://localhost:8000"},
    ],
)
def test_our_own_pages_may_write(given: dict[str, str]) -> None:
    assert refusal(HERE, "POST", headers(**given)) is None


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://faultline.example"},
        {"origin": OURS + ".evil.example"},
        {"origin": "https://evil.example", "sec_fetch_site": "same-origin"},
        {"origin": OURS, "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nobody_else_may_write(given: dict[str, str], method: str) -> None:
    assert refusal(HERE, method, headers(**given)) is not None
