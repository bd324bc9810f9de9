"""What `rescore` says."""

from collections.abc import Iterator, Mapping, Sequence

from app.printable import printable
from app.rescoring import Rescored
from core.rescored import Found, Judged, LogPart, Told

_NAMED = 10


def words(found: Rescored) -> Iterator[str]:
    """For people; `--json` lists all of what is named here in part."""
    tally, changes = found.tally, found.changes
    alarms = changes.alarms
    yield f"{found.version} scored {tally.scored:,} of {tally.readings:,} stored readings again; nothing was written"
    if tally.same_version:
        same = "all as they were then" if not tally.differing else f"{tally.differing:,} otherwise than then"
        yield f"  {tally.same_version:,} of them it had scored before: {same}"
    lost, gained = len(alarms.lost), len(alarms.gained)
    yield f"alarms: {alarms.then:,} then, {alarms.now:,} now; {gained:,} gained, {lost:,} lost"
    yield from _named("gained", [_found(one, found.devices) for one in alarms.gained])
    yield from _named("lost", [_told(one) for one in alarms.lost])
    yield f"confirmed or reported faults: {changes.confirmed.troubles:,}; {_share(changes.confirmed)} would be missed"
    yield from _named("missed", [_told(one) for one in changes.confirmed.silent])
    yield f"refuted alerts: {changes.refuted.troubles:,}; {_share(changes.refuted)} would vanish"
    if changes.gone:
        yield f"{changes.gone:,} troubles of that time cannot be judged: their readings were dropped as too old"


def _share(judged: Judged) -> str:
    rate = "" if judged.rate is None else f" ({judged.rate:.0%})"
    return f"{len(judged.silent):,}{rate}"


def _named(what: str, names: Sequence[str]) -> Iterator[str]:
    if names:
        more = f", … {len(names) - _NAMED:,} more" if len(names) > _NAMED else ""
        yield f"  {what}: {', '.join(names[:_NAMED])}{more}"


def _told(one: Told) -> str:
    what = f"report {one.label}" if one.alert is None else f"#{one.alert}"
    return f"{what} {printable(one.name)}"


def _found(one: Found, devices: Mapping[int, str]) -> str:
    return f"{printable(devices[one.device])} at {one.at:%Y-%m-%d %H:%M:%S}"


def facts(found: Rescored) -> dict[str, object]:
    """For scripts: every change by itself."""
    changes, alarms = found.changes, found.changes.alarms
    gained = [
        {**_place(found, one.part, one.opened), "device": found.devices[one.device], "time": one.at}
        for one in alarms.gained
    ]
    return {
        "machine": found.version.machine,
        "version": found.version.number,
        "since": found.period.since,
        "until": found.period.until,
        "tally": found.tally,
        "alarms": {"then": alarms.then, "now": alarms.now, "gained": gained, "lost": _list(found, alarms.lost)},
        "confirmed": _judged(found, changes.confirmed, "missed"),
        "refuted": _judged(found, changes.refuted, "vanished"),
        "gone": changes.gone,
    }


def _judged(found: Rescored, judged: Judged, what: str) -> dict[str, object]:
    return {"troubles": judged.troubles, what: _list(found, judged.silent), "rate": judged.rate}


def _list(found: Rescored, troubles: Sequence[Told]) -> list[dict[str, object]]:
    return [
        {
            **_place(found, one.part, one.first),
            "device": one.name,
            "time": one.at,
            "incident": one.incident,
            "alert": one.alert,
            "label": one.label,
            "verdict": one.verdict,
            "by": one.by,
        }
        for one in troubles
    ]


def _place(found: Rescored, part: LogPart, offset: int) -> dict[str, object]:
    return {"topic": found.topics[part.topic], "partition": part.partition, "offset": offset}
