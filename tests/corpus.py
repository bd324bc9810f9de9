"""Messages at the edges of JSON and of a reading, each with what must become of it.

The name's first letter says why: `y` must be a reading, `n` must not, `i` may be either by the standards (RFC 8259, RFC
3339) and is what stands here by our decision.
"""

from typing import NamedTuple

_ID = "019534a0-0000-7000-8000-00000000000{}"
_START = '{"id":"019534a0-0000-7000-8000-000000000001","device":"press-1","time":"2026-03-01T12:00:00Z"'


class Case(NamedTuple):
    """A message, and the temperature that is read from it; None: it is a dead letter."""

    value: bytes
    celsius: float | None


def _sensor(raw: str, celsius: float | None) -> Case:
    return Case(f'{_START},"sensors":{{"temperature":{raw}}}}}'.encode(), celsius)


def _extra(raw: str | bytes, celsius: float | None) -> Case:
    raw = raw.encode() if isinstance(raw, str) else raw
    return Case(_START.encode() + b',"sensors":{"temperature":70},"x":' + raw + b"}", celsius)


def _whole(text: str | bytes, celsius: float | None = None) -> Case:
    return Case(text.encode() if isinstance(text, str) else text, celsius)


def _field(name: str, raw: str, celsius: float | None) -> Case:
    fields = {"id": f'"{_ID.format(1)}"', "device": '"press-1"', "time": '"2026-03-01T12:00:00Z"'} | {name: raw}
    members = ",".join(f'"{key}":{value}' for key, value in fields.items())
    return _whole(f'{{{members},"sensors":{{"temperature":70}}}}', celsius)


_PLAIN = _sensor("70", 70.0).value
_TEXT = _PLAIN.decode()

CORPUS: dict[str, Case] = {
    # ── a reading ────────────────────────────────────────────────────────────────────────────────────────────────────
    "y_plain": _whole(_TEXT, 70),
    "y_white_space_of_all_four_kinds": _whole(_TEXT.replace(",", " ,\t").replace(":{", "\r:\n{"), 70),
    "y_white_space_around": _whole(f" \n{_TEXT}\t\r\n", 70),
    "y_keys_written_with_escapes": _whole(
        _TEXT.replace('"id"', '"\\u0069d"').replace('"sensors"', '"s\\u0065nsors"'), 70
    ),
    "y_members_in_another_order": _whole(
        '{"sensors":{"temperature":70},"time":"2026-03-01T12:00:00Z","device":"press-1","id":"' + _ID.format(1) + '"}',
        70,
    ),
    "y_number_fraction": _sensor("70.25", 70.25),
    "y_number_negative": _sensor("-12.5", -12.5),
    "y_number_minus_zero": _sensor("-0", 0.0),
    "y_number_exponent": _sensor("7e1", 70.0),
    "y_number_capital_exponent_with_sign": _sensor("7.5E+1", 75.0),
    "y_number_negative_exponent": _sensor("7000e-2", 70.0),
    "y_number_zero_exponent": _sensor("70e0", 70.0),
    "y_number_of_many_digits": _sensor("70." + "1" * 400, 70 + 1 / 9),
    "y_number_needing_exact_rounding": _sensor("70.00000000000000710542735760100185871124267578125", 70.0),
    "y_unknown_field_number": _extra("1", 70),
    "y_unknown_field_empty_array": _extra("[]", 70),
    "y_unknown_field_empty_key": _extra('{"":0}', 70),
    "y_unknown_field_nested": _extra('[{"a":[null,true,false,"b",[[]]]}]', 70),
    "y_unknown_field_nested_500_deep": _extra("[" * 500 + "]" * 500, 70),
    "y_unknown_field_all_escapes": _extra(r'"\"\\\/\b\f\n\r\té"', 70),
    "y_unknown_field_surrogate_pair": _extra(r'"\ud83d\ude00"', 70),
    "y_unknown_field_noncharacter": _extra('"\uffff\U0010ffff"', 70),
    "y_unknown_field_delete_character": _extra('"\x7f"', 70),
    "y_unknown_field_that_looks_like_members": _extra(
        r'"\",\"device\":\"press-2\",\"sensors\":{\"temperature\":1}"', 70
    ),
    "y_unknown_field_named_like_a_sensor": _whole(_TEXT[:-1] + ',"temperature":1}', 70),
    "y_time_with_zone_offset": _field("time", '"2026-03-01T17:30:00+05:30"', 70),
    "y_time_with_fraction": _field("time", '"2026-03-01T12:00:00.5Z"', 70),
    "y_time_first_of_1990": _field("time", '"1990-01-01T00:00:00Z"', 70),
    "y_time_leap_day": _field("time", '"2024-02-29T12:00:00Z"', 70),
    "y_id_in_capitals": _field("id", f'"{_ID.format("A")}"', 70),
    # ── no reading ───────────────────────────────────────────────────────────────────────────────────────────────────
    "n_nothing": _whole(""),
    "n_white_space": _whole(" \n "),
    "n_top_array": _whole(f"[{_TEXT}]"),
    "n_top_string": _whole('"press-1"'),
    "n_top_number": _whole("70"),
    "n_top_null": _whole("null"),
    "n_top_empty_object": _whole("{}"),
    "n_two_objects": _whole(_TEXT + _TEXT),
    "n_two_lines": _whole(_TEXT + "\n" + _TEXT),
    "n_trailing_comma": _whole(_TEXT + ","),
    "n_trailing_nul": _whole(_TEXT + "\0"),
    "n_trailing_comment": _whole(_TEXT + "//"),
    "n_comma_before_the_end": _whole(_TEXT[:-1] + ",}"),
    "n_comma_at_the_start": _whole("{," + _TEXT[1:]),
    "n_double_comma": _whole(_TEXT.replace(',"device"', ',,"device"')),
    "n_missing_comma": _whole(_TEXT.replace(',"device"', ' "device"')),
    "n_missing_colon": _whole(_TEXT.replace('"device":', '"device" ')),
    "n_double_colon": _whole(_TEXT.replace('"device":', '"device"::')),
    "n_comment_within": _whole(_TEXT.replace(',"device"', ',/**/"device"')),
    "n_single_quotes": _whole(_TEXT.replace('"', "'")),
    "n_key_without_quotes": _whole(_TEXT.replace('"device"', "device")),
    "n_key_number": _whole(_TEXT[:-1] + ",1:1}"),
    "n_not_closed": _whole(_TEXT[:-1]),
    "n_closed_twice": _whole(_TEXT + "}"),
    "n_cut_within_a_string": _whole(_TEXT[:20]),
    "n_cut_within_an_escape": _extra('"\\', None),
    "n_closed_by_the_wrong_bracket": _whole(_TEXT[:-1] + "]"),
    "n_form_feed_as_white_space": _whole("\f" + _TEXT),
    "n_no_break_space_as_white_space": _whole("\u00a0" + _TEXT),
    "n_number_nan": _sensor("NaN", None),
    "n_number_minus_nan": _sensor("-NaN", None),
    "n_number_infinity": _sensor("Infinity", None),
    "n_number_inf": _sensor("-inf", None),
    "n_number_1e999": _sensor("1e999", None),
    "n_number_of_400_digits": _sensor("9" * 400, None),
    "n_number_of_5000_digits": _sensor("9" * 5000, None),
    "n_number_leading_plus": _sensor("+70", None),
    "n_number_leading_zero": _sensor("070", None),
    "n_number_leading_point": _sensor(".7", None),
    "n_number_trailing_point": _sensor("70.", None),
    "n_number_point_before_exponent": _sensor("7.e1", None),
    "n_number_empty_exponent": _sensor("7e", None),
    "n_number_signed_empty_exponent": _sensor("7e+", None),
    "n_number_double_minus": _sensor("--70", None),
    "n_number_minus_alone": _sensor("-", None),
    "n_number_hexadecimal": _sensor("0x46", None),
    "n_number_with_underscore": _sensor("7_0", None),
    "n_number_with_comma": _sensor("70,5", None),
    "n_number_full_width": _sensor("７０", None),
    "n_number_arabic": _sensor("٧٠", None),
    "n_number_as_text": _sensor('"70"', None),
    "n_number_true": _sensor("true", None),
    "n_number_capital_null": _sensor("NULL", None),
    "n_number_array": _sensor("[70]", None),
    "n_number_object": _sensor("{}", None),
    "n_number_missing": _sensor("", None),
    "n_sensors_null": _whole(_TEXT.replace('{"temperature":70}', "null")),
    "n_sensors_array": _whole(_TEXT.replace('{"temperature":70}', '[["temperature",70]]')),
    "n_sensors_text": _whole(_TEXT.replace('{"temperature":70}', '"temperature=70"')),
    "n_string_raw_newline": _extra('"a\nb"', None),
    "n_string_raw_tab": _extra('"a\tb"', None),
    "n_string_raw_nul": _extra('"a\0b"', None),
    "n_string_bad_escape": _extra(r'"\x41"', None),
    "n_string_short_unicode_escape": _extra(r'"\u12"', None),
    "n_string_lone_high_surrogate": _extra(r'"\ud800"', None),
    "n_string_lone_low_surrogate": _extra(r'"\udc00"', None),
    "n_string_surrogates_the_wrong_way_round": _extra(r'"\udc00\ud800"', None),
    "n_device_invalid_utf_8": _whole(_PLAIN.replace(b"press-1", b"press\xff1")),
    "n_device_overlong_utf_8": _whole(_PLAIN.replace(b"press-1", b"press\xc0\xaf1")),
    "n_device_surrogate_in_utf_8": _whole(_PLAIN.replace(b"press-1", b"press\xed\xa0\x80")),
    "n_device_cut_utf_8": _whole(_PLAIN.replace(b"press-1", b"press-\xe2\x82")),
    "n_device_past_unicode": _whole(_PLAIN.replace(b"press-1", b"press\xf5\x80\x80\x80")),
    "n_unknown_field_name_invalid_utf_8": _whole(_PLAIN[:-1] + b',"x\xff":1}', None),
    "n_unknown_sensor_name_invalid_utf_8": _whole(_PLAIN.replace(b":70", b':70,"x\xff":1'), None),
    "n_device_number": _field("device", "1", None),
    "n_device_null": _field("device", "null", None),
    "n_byte_order_mark": _whole("\ufeff" + _TEXT),
    "n_utf_16": _whole(_TEXT.encode("utf-16")),
    "n_utf_16_without_mark": _whole(_TEXT.encode("utf-16-le")),
    "n_utf_32": _whole(_TEXT.encode("utf-32")),
    "n_latin_1": _whole(_TEXT.replace("press-1", "prëss").encode("latin-1")),
    "n_arrays_100_000_deep": _whole("[" * 100_000),
    "n_objects_100_000_deep": _whole('{"":' * 100_000),
    "n_unknown_field_100_000_deep": _extra("[" * 100_000 + "]" * 100_000, None),
    "n_time_without_zone": _field("time", '"2026-03-01T12:00:00"', None),
    "n_time_as_a_number": _field("time", "1772366400", None),
    "n_time_date_alone": _field("time", '"2026-03-01"', None),
    "n_time_of_no_calendar": _field("time", '"2026-02-30T12:00:00Z"', None),
    "n_time_month_13": _field("time", '"2026-13-01T12:00:00Z"', None),
    "n_time_hour_24": _field("time", '"2026-03-01T24:00:00Z"', None),
    "n_time_year_1": _field("time", '"0001-01-01T00:00:00+14:00"', None),
    "n_time_year_9999": _field("time", '"9999-12-31T23:59:59-14:00"', None),
    "n_time_end_of_1989": _field("time", '"1989-12-31T23:59:59.999999Z"', None),
    "n_time_2100": _field("time", '"2100-01-01T00:00:00Z"', None),
    "n_time_arabic_digits": _field("time", '"٢٠٢٦-03-01T12:00:00Z"', None),
    "n_id_too_short": _field("id", f'"{_ID.format("")}"', None),
    "n_id_too_long": _field("id", f'"{_ID.format(11)}"', None),
    "n_id_of_other_letters": _field("id", f'"{_ID.format("g")}"', None),
    "n_id_number": _field("id", "17", None),
    # ── either, by our decision ──────────────────────────────────────────────────────────────────────────────────────
    "i_sensor_twice_the_last_counts": _sensor('1,"temperature":70', 70.0),
    "i_device_twice_the_last_counts": _whole(_TEXT.replace('"device"', '"device":"press-2","device"'), 70),
    "i_number_underflows_to_zero": _sensor("1e-999", 0.0),
    "i_number_too_fine_for_eight_bytes": _sensor("70.000000000000001", 70.0),
    "i_unknown_field_1e999": _extra("1e999", 70),
    "i_unknown_field_of_5000_digits": _extra("9" * 5000, 70),
    "i_unknown_field_nul_escape": _extra(r'"\u0000"', 70),
    "i_unknown_field_invalid_utf_8": _extra(b'"\xff"', 70),
    "i_unknown_field_surrogate_in_utf_8": _extra(b'"\xed\xa0\x80"', 70),
    "i_id_without_dashes": _field("id", f'"{_ID.format(1).replace("-", "")}"', 70),
    "i_time_in_small_letters": _field("time", '"2026-03-01t12:00:00z"', 70),
    "i_time_with_a_space": _field("time", '"2026-03-01 12:00:00Z"', 70),
    "i_time_nanoseconds_are_rounded": _field("time", '"2026-03-01T12:00:00.123456789Z"', 70),
    "i_time_leap_second": _field("time", '"2016-12-31T23:59:60Z"', None),
    "i_time_offset_without_colon": _field("time", '"2026-03-01T17:30:00+0530"', 70),
}
