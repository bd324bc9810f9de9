"""What may come in a message: any bytes, any JSON, and JSON that is nearly a reading."""

import json

from hypothesis import strategies as st

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
nearly_readings = st.fixed_dictionaries(
    {},
    optional={
        "id": st.uuids().map(str) | any_json,
        "device": st.just("press-1") | any_json,
        "time": st.datetimes().map(lambda time: f"{time.isoformat()}Z") | any_json,
        "sensors": st.dictionaries(st.sampled_from(["temperature", "pressure", "noise"]), any_json) | any_json,
        "more": any_json,
    },
)
any_value = (
    st.none() | st.binary(max_size=200) | (any_json | nearly_readings).map(lambda value: json.dumps(value).encode())
)
any_headers = st.lists(st.tuples(st.text(max_size=20), st.none() | st.binary(max_size=20)), max_size=3)
