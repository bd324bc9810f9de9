"""Who hears of an alert, and when, on a real database: by severity, outside quiet hours, or where nobody answered."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from core.digest import Grouping
from core.quiet import QuietHours
from core.reply import Outcome, Reply
from core.severity import Severity
from db.operators import Operator, Subscription
from tests.alert_world import ANNA, BEN, AlertWorld, alert_world
from tests.processes import run

ZONE = "Asia/Kolkata"


@pytest.fixture
def world(database_url: str) -> Iterator[AlertWorld]:
    with alert_world(database_url, clock_stands=True) as world:
        yield world


def somebody(
    world: AlertWorld,
    telegram_id: int = ANNA,
    from_severity: Severity = Severity.LOW,
    after_s: int = 0,
    quiet: QuietHours | None = None,
) -> None:
    place = Subscription("telegram", str(telegram_id), None, from_severity, after_s)
    world.operators.add(Operator(f"person {telegram_id}", "operator", ZONE, telegram_id, [place], quiet))


def hours(begin: int, end: int) -> QuietHours:
    """From so many hours after this minute to so many, on the clocks of their zone: no hour that ends meanwhile."""
    now = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).replace(second=0, microsecond=0)
    return QuietHours(*((now + timedelta(hours=h)).time() for h in (begin, end)))


def heard(world: AlertWorld, seconds: float = 5) -> Sequence[tuple[int, int | None]]:
    """Who hears of which alerts, once so many seconds have passed."""
    found = []
    world.pass_time(seconds)
    while message := world.outbox.claim(["telegram"], "me"):
        world.outbox.sent(message, f"{message.id}00")
        if message.kind == "alert":
            found.append((int(message.address), message.alert))
        world.pass_time(2)
    return found


def of_severity(world: AlertWorld, alert: int, severity: Severity) -> int:
    world.execute(
        "UPDATE incident SET severity = :severity WHERE id = (SELECT incident FROM alert WHERE id = :alert)",
        severity=severity,
        alert=alert,
    )
    return alert


def over(world: AlertWorld, alert: int) -> None:
    world.execute(
        "UPDATE incident SET closed_offset = last_offset, closed_time = last_time"
        " WHERE id = (SELECT incident FROM alert WHERE id = :alert)",
        alert=alert,
    )


def answer(world: AlertWorld, alert: int, sender: int) -> None:
    reply = Reply("telegram", alert, "{}", str(sender), str(sender), "N", alert=alert)
    outcome = world.inbox.accept("telegram/1", reply)
    assert outcome.kind is Outcome.LABELLED


def test_somebody_hears_from_a_severity_on_once_the_incident_has_it(world: AlertWorld) -> None:
    somebody(world, ANNA)
    somebody(world, BEN, from_severity=Severity.HIGH)
    alert = of_severity(world, world.alert(), Severity.MEDIUM)
    assert heard(world) == [(ANNA, alert)]
    of_severity(world, alert, Severity.HIGH)
    assert heard(world) == [(BEN, alert)]
    assert heard(world) == []


def test_what_never_becomes_severe_enough_is_never_told_there(world: AlertWorld) -> None:
    somebody(world, BEN, from_severity=Severity.HIGH)
    alert = of_severity(world, world.alert(), Severity.LOW)
    assert heard(world) == []
    over(world, alert)
    assert heard(world) == []
    assert world.one("SELECT state FROM outbox") == "withheld"


def test_quiet_hours_keep_what_is_not_of_high_severity_until_they_end(world: AlertWorld) -> None:
    somebody(world, ANNA, quiet=hours(-1, 2))
    low = of_severity(world, world.alert("press-1"), Severity.MEDIUM)
    high = of_severity(world, world.alert("press-2"), Severity.HIGH)
    assert heard(world) == [(ANNA, high)]
    over(world, low)  # and still somebody must say in the morning what it was
    world.execute("UPDATE operator SET quiet_from = :begin, quiet_until = :end", **hours(2, 3)._asdict())
    assert heard(world) == [(ANNA, low)]


def test_an_alert_that_is_kept_holds_up_nothing_that_comes_after_it(world: AlertWorld) -> None:
    somebody(world, ANNA)
    somebody(world, BEN, quiet=hours(-1, 2))
    low = of_severity(world, world.alert("press-1"), Severity.LOW)
    assert heard(world) == [(ANNA, low)]
    answer(world, low, ANNA)  # its edit waits for no message that nobody sent
    high = of_severity(world, world.alert("press-2"), Severity.HIGH)
    assert sorted(heard(world)) == [(ANNA, high), (BEN, high)]
    world.execute("UPDATE operator SET quiet_from = NULL, quiet_until = NULL")
    assert heard(world) == [], "it was answered meanwhile"


@pytest.mark.parametrize(("begin", "end", "quiet"), [(-1, 2, True), (1, 3, False), (1, 0, False), (-2, -1, False)])
def test_quiet_hours_go_by_the_clocks_of_their_zone_and_over_midnight(
    world: AlertWorld, begin: int, end: int, quiet: bool
) -> None:
    somebody(world, ANNA, quiet=hours(begin, end))
    of_severity(world, world.alert(), Severity.LOW)
    assert (heard(world) == []) is quiet


def test_a_second_person_hears_of_what_nobody_answered_in_time(world: AlertWorld) -> None:
    somebody(world, ANNA)
    somebody(world, BEN, after_s=900)
    answered, waiting, ended = (world.alert(f"press-{number}") for number in (1, 2, 3))
    assert heard(world, 60) == [(ANNA, answered), (ANNA, waiting), (ANNA, ended)]
    answer(world, answered, ANNA)
    over(world, ended)
    assert heard(world, 600) == []
    assert heard(world, 300) == [(BEN, waiting)]


def test_many_alerts_of_a_quiet_night_are_one_digest_in_the_morning(world: AlertWorld) -> None:
    somebody(world, ANNA, quiet=hours(-1, 2))
    for alert in [world.alert(f"press-{number}") for number in range(12)]:
        of_severity(world, alert, Severity.LOW)
    assert heard(world) == []
    world.execute("UPDATE operator SET quiet_from = NULL, quiet_until = NULL")
    digest = world.outbox.claim(["telegram"], "me")
    assert digest is not None
    assert (digest.kind, digest.body["alerts"], digest.body["reason"]) == ("digest", 12, Grouping.KEPT)


def test_a_chat_hears_what_any_of_the_subscriptions_that_lead_to_it_wants(world: AlertWorld) -> None:
    group = [Subscription("telegram", "-5", None, severity) for severity in (Severity.HIGH, Severity.LOW)]
    for telegram_id, place in zip((ANNA, BEN), group, strict=True):
        world.operators.add(Operator(f"person {telegram_id}", "operator", ZONE, telegram_id, [place]))
    alert = of_severity(world, world.alert(), Severity.LOW)
    assert heard(world) == [(-5, alert)]


def test_an_operator_sets_hours_severity_and_patience_and_is_shown_them(world: AlertWorld, database_url: str) -> None:
    def operators(*arguments: str) -> tuple[int, str]:
        done = run(["operators", *arguments], {"DATABASE_URL": database_url})
        return done.returncode, (done.stdout + done.stderr).strip()

    somebody(world, ANNA)
    code, said = operators(
        "set", f"person {ANNA}", "--quiet", "22:00-6:00", "--from-severity", "medium", "--after", "15m"
    )
    limits = f"telegram {ANNA} (all machines; from medium severity; what nobody answered for 15 min)"
    assert (code, said) == (0, f"person {ANNA} gets alerts: {limits}; quiet 22:00-06:00")
    assert limits in operators("list")[1]
    code, said = operators("set", "nobody", "--no-quiet")
    assert (code, said) == (2, "faultline: no operator named nobody: ./run operators list shows them")
    assert operators("set", f"person {ANNA}")[0] == 2
    assert operators("set", f"person {ANNA}", "--quiet", "late")[0] == 2
    assert operators("set", f"person {ANNA}", "--no-quiet", "--from-severity", "low", "--after", "0")[0] == 0
    alert = of_severity(world, world.alert(), Severity.LOW)
    assert heard(world) == [(ANNA, alert)]
