"""When something goes out: a fixed rate, at once on change, the newest only, and nothing that is stale."""

from __future__ import annotations

import pytest

from alerts.types import Alert, DriverState
from firmware_bridge.can.sender import CYCLE_S, Sender
from firmware_bridge.can.signals import DRIVER_ALERT, DRIVER_STATE

TTL_S = 1.0


@pytest.fixture
def sender():
    return Sender(TTL_S)


def quiet(t_s):
    return DriverState(t_s, visible=True), Alert(t_s)


def test_nothing_is_sent_before_anything_is_judged(sender):
    assert sender.send(100.0) == ()
    assert sender.next_due_s(100.0) > 0


def test_both_messages_at_a_fixed_rate(sender):
    """However often a frame is judged in between; the counters follow each other."""
    sent = []
    for step in range(101):
        now_s = 100 + step / 100
        sender.want(*quiet(now_s))
        sent += [(now_s, can_id, data[1] & 0x0F) for can_id, data in sender.send(now_s)]
    assert [can_id for _, can_id, _ in sent[:2]] == [DRIVER_ALERT.can_id, DRIVER_STATE.can_id]
    alerts = [(now_s, counter) for now_s, can_id, counter in sent if can_id == DRIVER_ALERT.can_id]
    assert len(alerts) in (10, 11)
    assert [counter for _, counter in alerts] == list(range(len(alerts)))


def test_a_changed_alert_does_not_wait(sender, microsleep):
    sender.want(*quiet(100.0))
    assert sender.send(100.0)
    sender.want(*microsleep(100.01))
    assert sender.next_due_s(100.01) == 0
    assert sender.send(100.01)
    assert sender.send(100.02) == ()


def test_only_the_newest_is_sent(sender, microsleep, ours):
    """What was wanted in between is never queued."""
    sender.want(*microsleep(100.0))
    sender.want(*quiet(100.01))
    frames = sender.send(100.02)
    assert len(frames) == 2
    assert str(ours.decode_message(*frames[0])["Level"]) == "none"


def test_a_stale_judgement_falls_silent_and_a_fresh_one_speaks_again(sender, microsleep):
    """A critical alert that nobody renews is not held for ever: silence tells the receivers."""
    sender.want(*microsleep(100.0))
    assert sender.send(100.0)
    assert sender.send(100.0 + TTL_S)
    assert sender.send(100.2 + TTL_S) == ()
    assert 0 < sender.next_due_s(100.2 + TTL_S) <= CYCLE_S
    sender.want(*microsleep(103.0))
    assert sender.send(103.0)


def test_a_judgement_that_comes_stale_is_never_sent(sender, microsleep):
    """However urgent, and although it is a change."""
    sender.want(*microsleep(100.0))
    assert sender.send(100.1 + TTL_S) == ()
