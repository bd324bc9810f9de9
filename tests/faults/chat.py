"""I5 and I6: what people saw and what became of their replies, from the database and the fake chat."""

import random
import re

from tests.fake_telegram.client import Chats
from tests.faults.deliveries import assert_each_alert_arrived_or_is_reported_dead
from tests.processes import wait_until
from tests.world import World

ANN, STRANGER = 4711, 666
_PACE_S = 1.5
"""A message a second a chat, and some come while others wait: what explains an alert is found once it was sent."""
_ALERT = re.compile(r"[Yy]our device .* (?:needs attention|fails)(?s:.*)^Alert #(\d+)(?: ·|$)", re.MULTILINE)


class Chat:
    """Ann, who may answer, and a stranger, who may not."""

    def __init__(self, world: World, chats: Chats) -> None:
        self._world = world
        self._chats = chats
        self._answered: set[int] = set()
        self.replies: dict[int, bool] = {}
        """Update number → whether its sender was authorised."""

    def answer(self, dice: random.Random) -> bool:
        """Ann answers an alert that she has not answered yet, and a stranger answers it too; False: there is none."""
        open_alerts = [m for m in self._chats.messages(ANN) if m["message_id"] not in self._answered and _alert(m)]
        if not open_alerts:
            return False
        message = dice.choice(open_alerts)
        self._answered.add(message["message_id"])
        said = self._chats.say(ANN, dice.choice("YN"), reply_to=message["message_id"])
        self.replies[said["update_id"]] = True
        self.replies[self._chats.say(STRANGER, "N")["update_id"]] = False
        return True

    def drain(self, seconds: float) -> None:
        """Wait until nothing is left to send and every reply was taken: so long, and what the chat's pace takes."""
        waiting = "SELECT count(*) FROM outbox WHERE state IN ('pending', 'sending', 'uncertain')"
        taken = "SELECT count(*) FROM inbox WHERE update_id = ANY(:numbers)"
        numbers = list(self.replies)
        wait_until(lambda: self._world.one(taken, numbers=numbers) == len(numbers), "every reply taken", seconds)
        seconds += _PACE_S * self._world.one(waiting)
        wait_until(lambda: not self._world.one(waiting), f"every message sent (at first: {self._waiting()})", seconds)

    def _waiting(self) -> str:
        rows = self._world.rows("SELECT kind, state, count(*) FROM outbox GROUP BY kind, state ORDER BY kind, state")
        return ", ".join(" ".join(map(str, row)) for row in rows)

    def check_sends(self) -> None:
        """I5."""
        sends = self._world.one("SELECT count(*) FROM outbox WHERE kind = 'alert'")
        assert sends == self._world.one("SELECT count(*) FROM alert"), "one send an alert: Ann's"
        assert_each_alert_arrived_or_is_reported_dead(self._world, self._chats)

    def check_replies(self) -> None:
        """I6."""
        for number, authorised in self.replies.items():
            rows = self._world.rows(
                "SELECT i.outcome, count(l.id) AS labels FROM inbox i LEFT JOIN label l ON l.inbox = i.id"
                " WHERE i.update_id = :number GROUP BY i.id, i.outcome",
                number=number,
            )
            assert len(rows) == 1, f"{len(rows)} inbox rows of update {number}"
            assert rows[0].labels <= authorised, f"update {number}: {rows[0].outcome}, {rows[0].labels} labels"
        audited = self._world.one("SELECT count(*) FROM audit WHERE action = 'reply unauthorised'")
        assert audited == list(self.replies.values()).count(False), "one audit row for each unauthorised reply"


def _alert(message: dict[str, object]) -> int:
    """The number of the alert that this message first told of; 0: it is another message."""
    found = _ALERT.search(str(message["text"]))
    return int(found[1]) if found else 0
