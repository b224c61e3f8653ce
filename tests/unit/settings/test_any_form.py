"""Whatever stands in the form, reading it does not fail and never shows the token."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from include.errors import ConfigurationError
from include.settings import FIELDS, REQUIRED, ChannelSettings, check_flag, readiness, render_text
from tests.unit.settings.conftest import FORM, TOKEN

_leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.sampled_from([TOKEN, f"see {TOKEN}", "true", "3", "default", "{id}", "“3”", '{"default": 3,}', "[", "\ud800"]),
)
_keys = st.one_of(
    st.text(max_size=10), st.sampled_from(["default", "id", "order", "enabled", "RETRY_INTERVAL", "stock"])
)
_anything = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=3), max_leaves=8
)
_form_keys = st.sampled_from([field.key for field in FIELDS if field.key != "access_token"])


@settings(deadline=None, max_examples=100, derandomize=True)
@given(changes=st.dictionaries(_form_keys | st.text(max_size=5), _anything), private=st.booleans())
def test_any_form_can_be_read_and_shown(changes: dict[str, Any], private: bool) -> None:
    read = ChannelSettings.parse(FORM | changes, channel_id=137, is_active=True, allow_private_hosts=private)
    shown = [repr(read.problems), render_text(readiness(read))]
    for flag in (None, *REQUIRED):
        try:
            shown.append(check_flag(read, flag).reason)
        except ConfigurationError as error:
            shown.append(str(error))
    assert TOKEN.encode() not in "\n".join(shown).encode()


@settings(deadline=None, max_examples=50, derandomize=True)
@given(conf=_anything)
def test_anything_in_place_of_the_form_is_read_as_a_form_with_problems(conf: Any) -> None:
    assert ChannelSettings.parse(conf, channel_id=137, is_active=True).problems
