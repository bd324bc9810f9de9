"""Whatever was measured and whatever its names are, there is a picture."""

from datetime import datetime

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from alerts.chart import Course, Span, chart
from core.batch import MOST, to_micros
from core.prediction import UsualRange
from tests.builders import NOON

texts = st.text(max_size=60) | st.sampled_from(["$\\frac{", "$", "^_{}", "🔥工場"])
values = st.floats(-MOST, MOST) | st.just(float("nan"))
times = st.datetimes(NOON.replace(year=1990, tzinfo=None), NOON.replace(year=2099, tzinfo=None)).map(
    lambda time: time.replace(tzinfo=NOON.tzinfo)
)


@st.composite
def courses(draw: st.DrawFn, count: int) -> Course:
    usual = sorted(draw(st.tuples(*[st.floats(-MOST, MOST)] * 3)))
    column = np.array(draw(st.lists(values, min_size=count, max_size=count)))
    return Course(draw(texts), draw(texts), column, draw(st.none() | st.just(UsualRange(*usual))))


@settings(max_examples=8, phases=[Phase.generate])  # a picture takes some tenths of a second: no shrinking
@given(st.data(), texts, times, times, st.none() | times, st.integers(1, 30), st.sampled_from(["UTC", "Asia/Kolkata"]))
def test_there_is_a_picture(
    data: st.DataObject, device: str, first: datetime, since: datetime, until: datetime | None, count: int, zone: str
) -> None:
    steps = data.draw(st.lists(st.integers(0, 10**13), min_size=count, max_size=count))
    column = np.cumsum([to_micros(first), *steps[1:]])
    drawn = [data.draw(courses(count)) for _ in range(2)]
    png = chart(device, column, drawn, Span(since, until), zone)
    assert png.startswith(b"\x89PNG")
