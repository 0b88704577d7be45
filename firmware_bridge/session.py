"""Who the peer is, and whether a frame of its may be acted on now.

Knows counters, versions and clocks, both ends' alike; firmware/core/cw_session.c holds the same rules and the same
table of conversations feeds both. Must not know what a message means, nor call a clock.

How old is a frame? Two clocks that were never set cannot say. But each frame names the newest frame of ours that its
sender had heard, and when we sent that: so at the peer's `sent_ms` our clock stood at `heard_ms` or later. The
quickest answer seen, the smallest delay, gives the tightest such bound, and from it follows an *upper* bound of every
later frame's age. What is older than its time to live is therefore never taken for fresh; at worst a fresh frame is
refused while answers are slow.
"""

from __future__ import annotations

from dataclasses import dataclass

from firmware_bridge.framing import FROM_MCU, Frame
from firmware_bridge.messages import PROTOCOL_MAX, PROTOCOL_MIN, Hello, Verdict
from firmware_bridge.timing import CLOCK_LEAK_MS, CLOCK_SLACK_MS, COUNTER_WINDOW_MS, HEARD_MAX_MS, TTL_MAX_MS

HALF_OF_16 = 0x8000
MASK_16 = 0xFFFF
HALF_OF_32 = 0x8000_0000
MASK_32 = 0xFFFF_FFFF


def to_ms(t_s: float) -> int:
    """Seconds of a monotonic clock as the wire's milliseconds, modulo 2^32."""
    return int(t_s * 1000) & MASK_32


class PeerClock:
    """What is proved of the peer's clock: `offset_ms` + its time ≤ our time at the same moment.

    Between proofs the bound is loosened by 1 in CLOCK_LEAK_MS, faster than two crystals part, so it stays true.
    A frame from the future shows that it did not: a clock has jumped, or ours stood still. What lies in buffers then
    is of any age, so only answers to what we sent since can prove anything.
    """

    def __init__(self) -> None:
        self.known = False
        self._jumped_ms: int | None = None  # our time when that was noticed; None = proved anew since
        self._offset_ms = 0
        self._leaked_at_ms = 0

    def prove(self, heard_ms: int, sent_ms: int, now_ms: int) -> None:
        """A frame that the peer sent at `sent_ms` answers ours of `heard_ms`."""
        bound = (heard_ms - sent_ms) & MASK_32
        if self._jumped_ms is not None and (heard_ms - self._jumped_ms) & MASK_32 >= HALF_OF_32:
            return
        if not self.known:
            self.known, self._jumped_ms, self._offset_ms, self._leaked_at_ms = True, None, bound, now_ms
            return
        self._loosen(now_ms)
        if (bound - self._offset_ms) & MASK_32 < HALF_OF_32:
            self._offset_ms = bound

    def delay_ms(self, sent_ms: int, now_ms: int) -> int | None:
        """Upper bound of the time since the peer's `sent_ms`; None while nothing is proved."""
        if not self.known:
            return None
        self._loosen(now_ms)
        delay_ms = (now_ms - sent_ms - self._offset_ms) & MASK_32
        if delay_ms < HALF_OF_32:
            return delay_ms
        if -delay_ms & MASK_32 <= CLOCK_SLACK_MS:
            return 0
        self.known, self._jumped_ms = False, now_ms
        return None

    def _loosen(self, now_ms: int) -> None:
        steps = ((now_ms - self._leaked_at_ms) & MASK_32) // CLOCK_LEAK_MS
        self._offset_ms = (self._offset_ms - steps) & MASK_32
        self._leaked_at_ms = (self._leaked_at_ms + steps * CLOCK_LEAK_MS) & MASK_32


@dataclass(slots=True)
class Peer:
    """What is known of the other end since it started."""

    boot_id: int
    previous_boot_id: int  # 0: none
    counter: int
    version: int = 0  # agreed on; 0 = none yet
    heard_ms: int = 0  # its `sent_ms` of the newest frame
    heard_at_ms: int = 0  # our time of that


class Session:
    """One end's view of the other."""

    def __init__(
        self, boot_id: int, *, from_mcu: bool = False, versions: tuple[int, int] = (PROTOCOL_MIN, PROTOCOL_MAX)
    ) -> None:
        self.boot_id = boot_id
        self.versions = versions
        self.peer: Peer | None = None
        self.clock = PeerClock()
        self.gaps = 0  # frames that never came, by the peer's counter
        self._own_side = FROM_MCU if from_mcu else 0

    @property
    def version(self) -> int:
        """The version agreed on, 0 while there is none."""
        return self.peer.version if self.peer else 0

    def judge(self, frame: Frame, now_ms: int) -> Verdict:
        """May the frame be acted on now? Also learns from it, whatever the answer."""
        if frame.type & FROM_MCU == self._own_side:
            return Verdict.DIRECTION
        peer = self._meet(frame, now_ms)
        if peer is None or not self._take_counter(peer, frame, now_ms):
            return Verdict.COUNTER
        self._take_proof(frame, now_ms)
        if isinstance(frame.message, Hello):
            return self._agree(peer, frame.message)
        if not peer.version:
            return Verdict.NO_HELLO
        return self._judge_age(frame, now_ms) if frame.version == peer.version else Verdict.VERSION

    def age_ms(self, frame: Frame, now_ms: int) -> int | None:
        """Upper bound of the age of what the frame tells; None while nothing is proved."""
        delay_ms = self.clock.delay_ms(frame.sent_ms, now_ms)
        return None if delay_ms is None else delay_ms + ((frame.sent_ms - frame.captured_ms) & MASK_32)

    def _meet(self, frame: Frame, now_ms: int) -> Peer | None:
        """The peer that sent this; None when it is a left-over from before the peer restarted."""
        known = self.peer
        if known and frame.boot_id == known.previous_boot_id:
            return None
        if known is None or frame.boot_id != known.boot_id:
            before = known.boot_id if known else 0
            self.peer = known = Peer(frame.boot_id, before, (frame.counter - 1) & MASK_16, heard_at_ms=now_ms)
            self.clock = PeerClock()
        return known

    def _take_counter(self, peer: Peer, frame: Frame, now_ms: int) -> bool:
        """False for a repeat or an older frame.

        After a long silence the counter may have gone round: then only a plain repeat is refused, and age decides.
        """
        step = (frame.counter - peer.counter) & MASK_16
        window_over = (now_ms - peer.heard_at_ms) & MASK_32 > COUNTER_WINDOW_MS
        if step == 0 or (step >= HALF_OF_16 and not window_over):
            return False
        self.gaps += step - 1
        peer.counter, peer.heard_ms, peer.heard_at_ms = frame.counter, frame.sent_ms, now_ms
        return True

    def _take_proof(self, frame: Frame, now_ms: int) -> None:
        ours = frame.heard_boot == self.boot_id & MASK_16
        recent = (now_ms - frame.heard_ms) & MASK_32 <= HEARD_MAX_MS
        if ours and recent:
            self.clock.prove(frame.heard_ms, frame.sent_ms, now_ms)

    def _agree(self, peer: Peer, hello: Hello) -> Verdict:
        least, best = max(self.versions[0], hello.version_min), min(self.versions[1], hello.version_max)
        peer.version = best if best >= least else 0
        return Verdict.OK if peer.version else Verdict.VERSION

    def _judge_age(self, frame: Frame, now_ms: int) -> Verdict:
        if not 0 < frame.ttl_ms <= TTL_MAX_MS:
            return Verdict.TTL
        if (frame.sent_ms - frame.captured_ms) & MASK_32 >= HALF_OF_32:
            return Verdict.RANGE  # known before it was true
        age_ms = self.age_ms(frame, now_ms)
        if age_ms is None:
            return Verdict.UNSYNCED
        return Verdict.OK if age_ms <= frame.ttl_ms else Verdict.AGE
