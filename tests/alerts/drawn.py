"""Drivers by lot, for the property tests: pieces of stories as hypothesis draws them."""

from hypothesis import strategies as st

from vision.types import Eye, Reason

_unit = st.floats(0.0, 1.0)
_blind_eyes = st.one_of(
    st.builds(Eye, reason=st.sampled_from([*Reason, None])),
    st.builds(Eye, openness=_unit, closed=_unit, confidence=st.floats(0.0, 0.49)),
    st.just(Eye(None, None, 0.9)),
)


def blind_pieces(**head):
    """A driver of whom no eye is ever judged; `head` says what yaw and pitch are drawn from where they are told."""
    eyes_and_face = {"left": _blind_eyes, "right": _blind_eyes, "face": st.sampled_from([0.0, 0.4, 0.95])}
    parts = st.fixed_dictionaries(eyes_and_face, optional={"camera": st.booleans(), **head})
    return st.lists(st.tuples(st.floats(0.05, 6.0), parts), min_size=4, max_size=20)


def story_pieces(longest_s, **told):
    """Stretches of up to `longest_s`, each with any of what is `told` drawn from its strategy."""
    piece = st.tuples(st.floats(0.05, longest_s), st.fixed_dictionaries({}, optional=told))
    return st.lists(piece, min_size=1, max_size=15)
