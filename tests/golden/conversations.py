"""Conversations with a verdict for every frame: counters, versions, clocks and ages, as docs/protocol.md says them.

Each step: our time, a frame of the peer, and what we must think of it. The host's clock runs 49900 ms ahead of the
MCU's unless a line says otherwise.
"""

from __future__ import annotations

from tests.golden.layout import HOST, MCU, header

MASK_32 = 0xFFFFFFFF
NEXT_HOST = HOST + 1  # the service after a restart


def host(now_ms, kind, counter, sent_ms, expect, *, heard_ms=None, captured_ms=None, boot_id=HOST, **more):
    """One frame of the host, judged by the MCU."""
    more = {"to": MCU, **more}
    return _step(now_ms, kind, counter, sent_ms, expect, heard_ms, captured_ms, boot_id, **more)


def mcu(now_ms, kind, counter, sent_ms, expect, *, heard_ms=None, captured_ms=None, boot_id=MCU, **more):
    """One frame of the MCU, judged by the host."""
    more = {"to": HOST, **more}
    return _step(now_ms, kind, counter, sent_ms, expect, heard_ms, captured_ms, boot_id, **more)


def _step(
    now_ms, kind, counter, sent_ms, expect, heard_ms, captured_ms, boot_id, *, to, ttl_ms=1000, version=1, speaks=None
):
    head = header(
        boot_id,
        counter,
        sent_ms & MASK_32,
        (sent_ms if captured_ms is None else captured_ms) & MASK_32,
        (heard_ms or 0) & MASK_32,
        0 if heard_ms is None else to & 0xFFFF,
        0 if kind.startswith("HELLO") else ttl_ms,
        version=version,
    )
    payload = {"payload": {"version_min": speaks[0], "version_max": speaks[1]}} if speaks else {}
    return {"now_ms": now_ms & MASK_32, "type": kind, **head, **payload, "expect": expect}


def talk(name, *steps, judge="MCU", versions=(1, 1)):
    """A conversation; `versions` are those that its judge speaks."""
    return {"name": name, "judge": judge, "versions": list(versions), "steps": list(steps)}


HELLO = host(100, "HELLO_HOST", 0, 50000, "OK")

CONVERSATIONS = [
    talk("a plain start", HELLO, host(110, "STATE", 1, 50008, "OK", heard_ms=104)),
    talk(
        "a state before the hello",
        host(100, "STATE", 5, 50000, "NO_HELLO"),
        host(150, "HELLO_HOST", 6, 50050, "OK", heard_ms=140),
        host(200, "STATE", 7, 50100, "OK", heard_ms=190),
    ),
    talk(
        "nothing is believed before an answer proves its age",
        HELLO,
        host(3100, "STATE", 1, 50100, "UNSYNCED"),
        host(3101, "STATE", 2, 53001, "OK", heard_ms=3050),
    ),
    talk(
        "a repeat, an older one, then a new one",
        host(100, "HELLO_HOST", 10, 50000, "OK"),
        host(110, "STATE", 11, 50005, "OK", heard_ms=104),
        host(111, "STATE", 11, 50005, "COUNTER", heard_ms=104),
        host(112, "HELLO_HOST", 10, 50000, "COUNTER"),
        host(113, "STATE", 12, 50008, "OK", heard_ms=104),
    ),
    talk(
        "the counter wraps",
        host(100, "HELLO_HOST", 65534, 50000, "OK"),
        host(110, "STATE", 65535, 50005, "OK", heard_ms=104),
        host(120, "STATE", 0, 50015, "OK", heard_ms=104),
        host(121, "STATE", 65535, 50005, "COUNTER", heard_ms=104),
    ),
    talk(
        "after a long silence the counter may stand anywhere but where it stood",
        host(100, "HELLO_HOST", 7, 50000, "OK"),
        host(110, "STATE", 8, 50005, "OK", heard_ms=104),
        host(10200, "STATE", 8, 60090, "COUNTER", heard_ms=10190),
        host(10201, "STATE", 3, 60095, "OK", heard_ms=10195),
    ),
    talk(
        "within the window an older counter stays out",
        host(100, "HELLO_HOST", 7, 50000, "OK"),
        host(110, "STATE", 8, 50005, "OK", heard_ms=104),
        host(10110, "STATE", 3, 60000, "COUNTER", heard_ms=10100),
    ),
    talk(
        "age is counted from the exposure",
        HELLO,
        host(110, "STATE", 1, 50008, "OK", heard_ms=108, captured_ms=49010),
        host(120, "STATE", 2, 50018, "OK", heard_ms=118, captured_ms=49020),
        host(130, "STATE", 3, 50028, "AGE", heard_ms=128, captured_ms=49025),
    ),
    talk(
        "a backlog comes out after a stall",
        HELLO,
        host(110, "STATE", 1, 50010, "OK", heard_ms=108),
        host(3110, "STATE", 2, 50110, "AGE", heard_ms=208),
        host(3110, "STATE", 3, 51010, "AGE", heard_ms=208),
        host(3111, "STATE", 4, 52900, "OK", heard_ms=2998),
    ),
    talk(
        "a better proof does not make the old young",
        HELLO,
        host(1000, "STATE", 1, 50900, "OK", heard_ms=400),
        host(1010, "STATE", 2, 50910, "OK", heard_ms=1000),
        host(2100, "STATE", 3, 50911, "AGE", heard_ms=1000),
    ),
    talk(
        "clocks wrap on both sides",
        host(-50, "HELLO_HOST", 0, -20, "OK"),
        host(-10, "STATE", 1, 10, "OK", heard_ms=-20, captured_ms=-30),
        host(20, "STATE", 2, 40, "OK", heard_ms=-5),
        host(1100, "STATE", 3, 45, "AGE", heard_ms=-5),
    ),
    talk(
        "a time to live of nothing, and one too long",
        HELLO,
        host(110, "STATE", 1, 50008, "TTL", heard_ms=104, ttl_ms=0),
        host(111, "STATE", 2, 50009, "TTL", heard_ms=104, ttl_ms=2001),
        host(112, "STATE", 3, 50010, "OK", heard_ms=104, ttl_ms=2000),
    ),
    talk("judged before it was seen", HELLO, host(110, "STATE", 1, 50008, "RANGE", heard_ms=104, captured_ms=50009)),
    talk("our own kind comes back", host(100, "REPORT", 0, 90, "DIRECTION")),
    talk(
        "the host restarts, and what it had sent before trickles in",
        HELLO,
        host(110, "STATE", 1, 50008, "OK", heard_ms=104),
        host(200, "HELLO_HOST", 0, 60000, "OK", boot_id=NEXT_HOST),
        host(201, "STATE", 2, 50100, "COUNTER", heard_ms=150),
        host(210, "STATE", 1, 60008, "OK", boot_id=NEXT_HOST, heard_ms=204),
    ),
    talk(
        "what proved its age to an MCU that has restarted since proves nothing",
        HELLO,
        host(110, "STATE", 1, 50008, "UNSYNCED", heard_ms=104, to=0x1111),
    ),
    talk("a proof from the future proves nothing", HELLO, host(110, "STATE", 1, 50008, "UNSYNCED", heard_ms=5000)),
    talk(
        "an answer to something long past proves nothing",
        HELLO,
        host(10104, "STATE", 1, 60000, "AGE", heard_ms=104),
        host(10200, "HELLO_HOST", 0, 70000, "OK", boot_id=NEXT_HOST),
        host(20306, "STATE", 1, 80106, "UNSYNCED", boot_id=NEXT_HOST, heard_ms=10305),
    ),
    talk(
        "a clock that jumps back is learnt anew",
        HELLO,
        host(200, "STATE", 1, 50100, "OK", heard_ms=198),
        host(300, "STATE", 2, 50300, "UNSYNCED", heard_ms=201),
        host(310, "STATE", 3, 50310, "OK", heard_ms=305),
    ),
    talk(
        "our clock stood still: only an answer to what was sent since proves anything",
        HELLO,
        host(110, "STATE", 1, 50010, "OK", heard_ms=108),
        host(111, "STATE", 2, 51000, "UNSYNCED", heard_ms=108),
        host(111, "STATE", 3, 51050, "UNSYNCED", heard_ms=108),
        host(112, "STATE", 4, 51100, "UNSYNCED", heard_ms=110),
        host(150, "STATE", 5, 52090, "OK", heard_ms=111),
        host(160, "STATE", 6, 52100, "OK", heard_ms=108),
    ),
    talk(
        "two crystals part: the bound is loosened, not lost",
        HELLO,
        host(110, "STATE", 1, 50010, "OK", heard_ms=108),
        host(9100, "STATE", 2, 59000, "OK", heard_ms=108),
        host(9101, "STATE", 3, 59000, "AGE", heard_ms=108, captured_ms=58010),
    ),
    talk(
        "a host of the next version, which still speaks ours",
        host(100, "HELLO_HOST", 0, 50000, "OK", version=2, speaks=(1, 2)),
        host(110, "STATE", 1, 50008, "OK", heard_ms=104),
        host(120, "STATE", 2, 50018, "VERSION", heard_ms=104, version=2),
    ),
    talk(
        "a host two versions ahead",
        host(100, "HELLO_HOST", 0, 50000, "VERSION", version=3, speaks=(2, 3)),
        host(110, "STATE", 1, 50008, "NO_HELLO", heard_ms=104, version=3),
    ),
    talk(
        "an end of version 3 meets its equal, the version before, and one older than that",
        host(100, "HELLO_HOST", 0, 50000, "OK", version=3, speaks=(2, 3)),
        host(110, "STATE", 1, 50008, "OK", heard_ms=104, version=3),
        host(120, "STATE", 2, 50018, "VERSION", heard_ms=104, version=2),
        host(200, "HELLO_HOST", 0, 60000, "OK", version=2, speaks=(1, 2), boot_id=NEXT_HOST),
        host(210, "STATE", 1, 60008, "OK", heard_ms=204, version=2, boot_id=NEXT_HOST),
        host(300, "HELLO_HOST", 0, 70000, "VERSION", version=1, speaks=(1, 1), boot_id=NEXT_HOST + 1),
        host(310, "STATE", 1, 70008, "NO_HELLO", heard_ms=304, version=1, boot_id=NEXT_HOST + 1),
        versions=(2, 3),
    ),
    talk(
        "the host judges by the same rules",
        mcu(50000, "HELLO_MCU", 0, 100, "OK", heard_ms=49998),
        mcu(50100, "VEHICLE", 1, 200, "OK", heard_ms=50000),
        mcu(52000, "VEHICLE", 2, 400, "AGE", heard_ms=50000),
        host(52001, "STATE", 3, 400, "DIRECTION"),
        judge="HOST",
    ),
]
