from producer.progress import Progress, in_words, summary
from producer.publisher import Totals


def test_a_line_comes_every_so_often_with_the_rate_since_the_last() -> None:
    clock = iter([0.0, 5.0, 10.0, 15.0, 20.0])
    lines: list[str] = []
    progress = Progress(lambda: next(clock), every=10, show=lines.append)
    for produced in (500, 2000, 2500, 3000):
        progress(Totals(produced=produced, delivered=produced - 1))
    assert lines == [
        "2,000 readings sent, 1,999 confirmed, 200 readings/s",
        "3,000 readings sent, 2,999 confirmed, 100 readings/s",
    ]


def test_refused_readings_are_told() -> None:
    assert in_words(Totals(produced=3, delivered=1, failed=2)) == "3 readings sent, 1 confirmed, 2 refused"


def test_the_summary_has_the_rate_of_confirmed_readings() -> None:
    assert summary(Totals(produced=1000, delivered=900), seconds=4.5) == {
        "produced": 1000,
        "delivered": 900,
        "failed": 0,
        "seconds": 4.5,
        "readings_per_s": 200.0,
    }
