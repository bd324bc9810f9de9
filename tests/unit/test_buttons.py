import pytest

from alerts.buttons import Buttons

OURS = Buttons("4242:secret")


def data(alert: int) -> tuple[str, str]:
    (row,) = OURS.of(alert)
    yes, no = row
    return yes.data, no.data


@pytest.mark.parametrize("alert", [1, 2**63 - 1])
def test_a_button_means_its_alert_and_its_answer(alert: int) -> None:
    yes, no = data(alert)
    assert OURS.read(yes) == (alert, "y")
    assert OURS.read(no) == (alert, "n")
    assert max(len(yes.encode()), len(no.encode())) <= 64


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "1:y",
        "1:y:",
        "1:y:AAAAAAAAAAAAAAAA",
        "2" + data(1)[0][1:],
        data(1)[0].replace(":y:", ":n:"),
        data(1)[0][:-1],
        data(1)[0] + "A",
        "y:" + data(1)[0],
        "\ud800:y:AAAA",
        "1:y:ÄÖÜ",
        "::::",
    ],
)
def test_a_forged_button_means_nothing(forged: str) -> None:
    assert OURS.read(forged) is None


def test_another_bots_button_means_nothing_here() -> None:
    assert OURS.read(Buttons("4242:other").of(1)[0][0].data) is None
