import pytest

from api.site import site
from core.errors import UserError


def test_without_a_proxy_the_page_is_where_it_listens() -> None:
    here = site("127.0.0.1", 8000)
    assert here.url == "http://127.0.0.1:8000"
    assert here.hosts == {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"}
    assert (here.is_secure, here.cookie) == (False, "faultline")


def test_behind_a_proxy_it_is_where_people_type() -> None:
    here = site("127.0.0.1", 8000, "https://Faultline.Example/")
    assert here.url == "https://faultline.example"
    assert "https://faultline.example" in here.origins
    assert (here.is_secure, here.cookie) == (True, "__Host-faultline")


@pytest.mark.parametrize(("url", "origin"), [("https://a:443", "https://a"), ("http://a:443", "http://a:443")])
def test_origins_are_written_as_browsers_write_them(url: str, origin: str) -> None:
    assert site("127.0.0.1", 8000, url).url == origin


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  # nothing listens
def test_a_page_on_every_address_is_shown_by_a_name_that_can_be_typed(host: str) -> None:
    assert site(host, 8000).url == "http://localhost:8000"


@pytest.mark.parametrize(
    "url",
    ["faultline.example", "ftp://a", "https://a/page", "https://a?b", "https://me@a", "https://[a", "https://a:b"],
)
def test_an_address_that_is_none_is_one_clear_line(url: str) -> None:
    with pytest.raises(UserError, match="PAGE_URL is wrong"):
        site("127.0.0.1", 8000, url)
