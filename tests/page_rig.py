"""The page over fakes, and a browser of a kind before it."""

import re

from fastapi.testclient import TestClient
from httpx2 import Response

from api.live import Bell
from api.page import page
from api.site import site
from api.stores import Stores
from core.login import new_token
from core.reply import Reply
from tests.builders import a_machine
from tests.fake_alarm_history import FakeAlarmHistory
from tests.fake_alerts import FakeAlerts
from tests.fake_champions import FakeChampions
from tests.fake_devices import FakeDevices
from tests.fake_holds import FakeHolds
from tests.fake_inbox import FakeInbox, SentAlert
from tests.fake_logins import ANNA_VISITS, FakeLogins
from tests.fake_models import FakeModels
from tests.fake_notices import RungByHand
from tests.fake_questions import FakeQuestions
from tests.fake_reports import FakeReports

HERE = site("127.0.0.1", 8000)
OUR_PAGES = {"Origin": HERE.url, "Sec-Fetch-Site": "same-origin"}


class PageRig:
    """A page whose stores are fakes."""

    def __init__(self) -> None:
        self.logins = FakeLogins()
        self.inbox = FakeInbox(operators={str(ANNA_VISITS.id): ANNA_VISITS.id, "2": 2})
        self.alerts = FakeAlerts(self.inbox)
        press = a_machine(title="Hydraulic press", advice="Feel the housing.")
        self.devices = FakeDevices()
        self.alarms = FakeAlarmHistory()
        self.questions = FakeQuestions()
        self.models, self.champions, self.holds = FakeModels(), FakeChampions(), FakeHolds()
        shown = self.alerts, self.questions, self.inbox, self.devices, self.alarms, self.models, self.champions
        self.reports = FakeReports()
        self.stores = Stores(self.logins, *shown, self.holds, self.reports, {"press": press})
        self.bell = Bell(RungByHand())
        self.browser = self.another_browser()

    def another_browser(self, **headers: str) -> TestClient:
        """One without cookies, which says that our own pages sent it."""
        sent = OUR_PAGES | {name.replace("_", "-"): value for name, value in headers.items()}
        return TestClient(page(self.stores, HERE, self.bell), HERE.url, headers=sent, follow_redirects=False)

    def link(self) -> str:
        """The path of a fresh link for Anna."""
        token = new_token()
        self.logins.offer(ANNA_VISITS, token)
        return f"/login/{token.text}"

    def log_in(self) -> None:
        """Anna is logged in."""
        assert self.browser.post(self.link()).status_code == 303

    def alert(self, operator: int = ANNA_VISITS.id, device: str = "") -> int:
        """An alert that this operator sees."""
        number = len(self.inbox.sent) + 1
        self.inbox.sent.append(SentAlert(number, "", ""))
        self.alerts.seen_by.setdefault(operator, []).append(number)
        if device:
            self.alerts.devices[number] = device
        return number

    def say(self, alert: int, text: str) -> None:
        """Anna answers it somewhere else."""
        me = str(ANNA_VISITS.id)
        self.inbox.accept("page", Reply("page", None, "{}", me, me, text, alert=alert))

    def post(self, path: str, *, part: bool = False, **fields: object) -> Response:
        """A form of the session's own page, sent by itself or by the script."""
        sent = {"form_key": self.form_key()} | {name: str(value) for name, value in fields.items()}
        return self.browser.post(path, data=sent, headers={"HX-Request": "true"} if part else {})

    def form_key(self) -> str:
        """What a form of the session's pages carries."""
        return form_key_in(self.browser.get("/ui/me").text)


def form_key_in(html: str) -> str:
    """What a page's forms carry."""
    found = re.search(r'name="form_key" value="(\w+)"', html)
    assert found, "the page has a form"
    return found.group(1)
