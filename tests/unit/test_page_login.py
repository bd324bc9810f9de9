import asyncio

import pytest
from fastapi import HTTPException, Request
from starlette.types import Message

from api.forms import form
from core.login import new_token
from tests.page_rig import PageRig


@pytest.fixture
def rig() -> PageRig:
    return PageRig()


def test_a_link_asks_first_then_logs_in(rig: PageRig) -> None:
    link = rig.link()
    asked = rig.browser.get(link)
    assert (asked.status_code, "Welcome, Anna" in asked.text) == (200, True)
    assert rig.browser.post(link).headers["location"] == "/ui/inbox"
    assert "logged in as operator" in rig.browser.get("/ui/me").text


def test_a_preview_of_the_link_does_not_use_it_up(rig: PageRig) -> None:
    link = rig.link()
    for _ in range(3):
        assert rig.another_browser().get(link).status_code == 200
    assert rig.browser.post(link).status_code == 303


def test_a_used_link_lets_nobody_in(rig: PageRig) -> None:
    link = rig.link()
    rig.browser.post(link)
    second = rig.another_browser()
    assert second.post(link).status_code == 410
    assert second.get(link).status_code == 410
    assert second.get("/ui/me").status_code == 401


@pytest.mark.parametrize("link", ["x", "%00", "a" * 5000, "%ed%a0%80", "<script>"])
def test_what_is_no_link_is_told_so(rig: PageRig, link: str) -> None:
    answer = rig.browser.post(f"/login/{link}")
    assert answer.status_code == 410
    assert "<script>" not in answer.text


def test_the_cookie_is_for_our_pages_alone(rig: PageRig) -> None:
    cookie = rig.browser.post(rig.link()).headers["set-cookie"]
    assert cookie.startswith("faultline=")
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


def test_the_session_is_none_that_anybody_could_have_planted(rig: PageRig) -> None:
    planted = new_token()
    rig.browser.cookies.set("faultline", planted.text)
    rig.browser.post(rig.link())
    assert rig.logins.visitor(planted.sha256) is None


@pytest.mark.parametrize("cookie", [None, "", "0", "a" * 43])
def test_without_a_session_there_is_nothing_to_see(rig: PageRig, cookie: str | None) -> None:
    if cookie is not None:
        rig.browser.cookies.set("faultline", cookie)
    answer = rig.browser.get("/ui/me")
    assert answer.status_code == 401
    assert "./run operators link NAME" in answer.text


def test_logging_out_ends_the_session_and_not_just_the_cookie(rig: PageRig) -> None:
    rig.log_in()
    kept = rig.browser.cookies["faultline"]
    assert rig.browser.post("/logout", data={"form_key": rig.form_key()}).status_code == 200
    assert rig.browser.get("/ui/me").status_code == 401
    thief = rig.another_browser()
    thief.cookies.set("faultline", kept)
    assert thief.get("/ui/me").status_code == 401


@pytest.mark.parametrize("key", [None, "", "0" * 64, "é"])
def test_a_form_without_the_sessions_key_does_nothing(rig: PageRig, key: str | None) -> None:
    rig.log_in()
    assert rig.browser.post("/logout", data={} if key is None else {"form_key": key}).status_code in (403, 415)
    assert rig.browser.get("/ui/me").status_code == 200


def test_the_key_of_another_session_does_nothing(rig: PageRig) -> None:
    rig.log_in()
    foreign = rig.form_key()
    rig.browser.cookies.clear()
    rig.log_in()
    assert rig.browser.post("/logout", data={"form_key": foreign}).status_code == 403


def test_a_foreign_page_can_neither_log_in_nor_out(rig: PageRig) -> None:
    rig.log_in()
    key = rig.form_key()
    for path in (rig.link(), "/logout"):
        answer = rig.browser.post(path, data={"form_key": key}, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
    assert rig.browser.get("/ui/me").status_code == 200


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/json", b"{}", 415),
        ("text/plain", b"form_key=1", 415),
        ("application/x-www-form-urlencoded", b"a" * 20_000, 413),
        ("application/x-www-form-urlencoded", b"a=1&" * 100, 400),
        ("application/x-www-form-urlencoded", b"a=\xff", 400),
        ("application/x-www-form-urlencoded", b"a=%ff", 400),
    ],
)
def test_a_body_that_is_no_small_form_is_refused(rig: PageRig, kind: str, body: bytes, status: int) -> None:
    rig.log_in()
    assert rig.browser.post("/logout", content=body, headers={"Content-Type": kind}).status_code == status


def test_a_body_without_an_end_is_read_no_further_than_a_form_is_long() -> None:
    parts = 0

    async def endless() -> Message:
        nonlocal parts
        parts += 1
        return {"type": "http.request", "body": b"a" * 1000, "more_body": True}

    kind = (b"content-type", b"application/x-www-form-urlencoded")
    with pytest.raises(HTTPException, match="at most") as caught:
        asyncio.run(form(Request({"type": "http", "method": "POST", "headers": [kind]}, endless)))
    assert (caught.value.status_code, parts) == (413, 17)


@pytest.mark.parametrize("path", ["/ui/me", "/login/x", "/static/page.css", "/nowhere", "/docs", "/openapi.json"])
def test_every_answer_carries_the_guards(rig: PageRig, path: str) -> None:
    answer = rig.browser.get(path)
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")
    assert "server" not in answer.headers
    assert not path.startswith(("/docs", "/openapi", "/nowhere")) or answer.status_code == 404


def test_nothing_in_a_page_would_need_a_laxer_policy(rig: PageRig) -> None:
    rig.log_in()
    rig.alert()
    for path in ("/ui/me", "/ui/inbox", "/ui/alerts/1", rig.link(), "/nowhere"):
        html = rig.browser.get(path).text
        assert not any(inline in html for inline in ("<style", " style=", "<script>", " onclick=", "javascript:"))


def test_while_the_database_is_away_the_page_says_so(rig: PageRig) -> None:
    rig.log_in()
    rig.logins.away = True
    answer = rig.browser.get("/ui/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "Nothing was lost" in answer.text


def test_files_beside_the_static_ones_are_not_served(rig: PageRig) -> None:
    for path in ("/static/../page.py", "/static/%2e%2e/page.py", "/static/..%2fpage.py", "/static/"):
        assert rig.browser.get(path).status_code == 404
