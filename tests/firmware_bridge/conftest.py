"""The C core in Python's hands, the golden table, and a world in which both ends meet without waiting."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from alerts.types import Alert
from firmware_bridge.framing import PAYLOADS, Frame, Type
from firmware_bridge.link import Link
from firmware_bridge.messages import Output, Report, Verdict
from firmware_bridge.settings import LinkSettings
from firmware_bridge.simulated import SimulatedMcu
from firmware_bridge.timing import DEBOUNCE_MS

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_bridge" / "firmware"
WIRE_MAX = 64
EVERY_OUTPUT = Output.LAMP | Output.BUZZER | Output.HAPTIC | Output.FAULT | Output.IR


def _make(*goals: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "-C", str(FIRMWARE), *goals], capture_output=True, text=True, check=False)


class CFrame(ctypes.Structure):
    _fields_ = (
        ("version", ctypes.c_uint8),
        ("type", ctypes.c_uint8),
        ("counter", ctypes.c_uint16),
        ("boot_id", ctypes.c_uint32),
        ("sent_ms", ctypes.c_uint32),
        ("captured_ms", ctypes.c_uint32),
        ("heard_ms", ctypes.c_uint32),
        ("heard_boot", ctypes.c_uint16),
        ("ttl_ms", ctypes.c_uint16),
        ("payload", ctypes.c_uint8 * 27),
    )


class CVehicle(ctypes.Structure):
    _fields_ = (
        ("known", ctypes.c_uint8),
        ("switches", ctypes.c_uint8),
        ("speed_ckmh", ctypes.c_uint16),
        ("gear", ctypes.c_uint8),
        ("turn_signal", ctypes.c_uint8),
        ("ambient_lux", ctypes.c_uint32),
        ("steering_ddeg", ctypes.c_int16),
        ("ack_count", ctypes.c_uint8),
        ("ack_episode_id", ctypes.c_uint16),
    )


class CInputs(ctypes.Structure):
    _fields_ = (("vehicle", CVehicle), ("ack_down", ctypes.c_bool), ("overruns", ctypes.c_uint16))


class CIdentity(ctypes.Structure):
    _fields_ = (
        ("boot_id", ctypes.c_uint32),
        ("build", ctypes.c_uint32),
        ("reset_cause", ctypes.c_uint8),
        ("outputs", ctypes.c_uint8),
        ("version_min", ctypes.c_uint8),
        ("version_max", ctypes.c_uint8),
    )


class CReport(ctypes.Structure):
    _fields_ = (("opaque", ctypes.c_uint8 * 64),)


FIELDS = ("version", "counter", "boot_id", "sent_ms", "captured_ms", "heard_ms", "heard_boot", "ttl_ms")


def to_c(frame: Frame) -> CFrame:
    payload = frame.message.pack()
    fields = {name: getattr(frame, name) for name in FIELDS}
    return CFrame(type=frame.type, payload=(ctypes.c_uint8 * 27)(*payload), **fields)


def from_c(frame: CFrame) -> Frame:
    kind = Type(frame.type)
    payload = bytes(frame.payload)[: PAYLOADS[kind].LAYOUT.size]
    return Frame(kind, PAYLOADS[kind].unpack(payload), **{name: getattr(frame, name) for name in FIELDS})


class CReceiver:
    """The C side's streaming decoder, with the Python one's face."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._receiver = (ctypes.c_uint8 * 128)()

    def feed(self, data: bytes) -> list[Frame | Verdict]:
        verdicts, frames = (ctypes.c_uint8 * len(data))(), (CFrame * len(data))()
        count = self._library.cw_receiver_feed(self._receiver, data, len(data), verdicts, frames)
        return [
            from_c(frame) if verdict == Verdict.OK else Verdict(verdict)
            for verdict, frame in zip(verdicts[:count], frames, strict=False)
        ]


class CSession:
    """The C side's judgement, with the Python one's face."""

    def __init__(self, library: ctypes.CDLL, boot_id: int, *, from_mcu: bool, versions: tuple[int, int]) -> None:
        self._library = library
        self._session = (ctypes.c_uint8 * library.cw_session_size())()
        library.cw_session_init(self._session, boot_id, 0x80 if from_mcu else 0, *versions)

    def judge(self, frame: Frame, now_ms: int) -> Verdict:
        return Verdict(self._library.cw_session_judge(self._session, ctypes.byref(to_c(frame)), now_ms))


class CDevice:
    """A whole microcontroller, in the test's own time."""

    def __init__(
        self,
        library: ctypes.CDLL,
        boot_id: int,
        now_ms: int,
        versions: tuple[int, int],
        outputs: int,
        reset_cause: int,
    ) -> None:
        self._library = library
        self._device = (ctypes.c_uint64 * (library.cw_device_size() // 8 + 1))()
        self.inputs = CInputs()
        identity = CIdentity(boot_id=boot_id, outputs=outputs, version_min=versions[0], version_max=versions[1])
        identity.reset_cause = reset_cause
        library.cw_device_init(self._device, ctypes.byref(identity), now_ms)

    def step(self, data: bytes, now_ms: int) -> bytes:
        """One turn of the firmware: bytes in, time passes, bytes out."""
        self._library.cw_device_receive(self._device, data, len(data), now_ms)
        self._library.cw_device_read_inputs(self._device, ctypes.byref(self.inputs), now_ms)
        self._library.cw_device_tick(self._device, now_ms)
        out, sent = (ctypes.c_uint8 * WIRE_MAX)(), b""
        while size := self._library.cw_device_send(self._device, now_ms, out):
            sent += bytes(out[:size])
        return sent

    def report(self, now_ms: int) -> Report:
        report, payload = CReport(), (ctypes.c_uint8 * 32)()
        self._library.cw_device_report(self._device, now_ms, ctypes.byref(report))
        self._library.cw_report_pack(ctypes.byref(report), payload)
        return Report.unpack(bytes(payload)[: Report.LAYOUT.size])

    def pins(self, now_ms: int) -> int:
        return int(self._library.cw_device_pins(self._device, now_ms))


class Core:
    """The C core."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        self._library.cw_frame_encode.restype = ctypes.c_size_t
        self._library.cw_device_send.restype = ctypes.c_size_t
        self._library.cw_receiver_feed.restype = ctypes.c_size_t
        self._library.cw_device_size.restype = ctypes.c_size_t
        self._library.cw_session_size.restype = ctypes.c_size_t
        self._library.cw_receiver_feed.argtypes = (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_void_p,
            ctypes.c_void_p,
        )
        self._library.cw_device_receive.argtypes = (
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_size_t,
            ctypes.c_uint32,
        )

    def encode(self, frame: Frame) -> bytes:
        out = (ctypes.c_uint8 * WIRE_MAX)()
        return bytes(out[: self._library.cw_frame_encode(ctypes.byref(to_c(frame)), out)])

    def receiver(self) -> CReceiver:
        return CReceiver(self._library)

    def session(self, boot_id: int, *, from_mcu: bool, versions: tuple[int, int] = (1, 1)) -> CSession:
        return CSession(self._library, boot_id, from_mcu=from_mcu, versions=versions)

    def device(
        self,
        *,
        boot_id: int = 0xC0DE4321,
        now_ms: int = 0,
        versions: tuple[int, int] = (1, 1),
        outputs: int = int(EVERY_OUTPUT),
        reset_cause: int = 0,
    ) -> CDevice:
        return CDevice(self._library, boot_id, now_ms, versions, outputs, reset_cause)


@pytest.fixture(scope="session")
def core(cannot_run: Callable[[str], None]) -> Core:
    """The C core as a library."""
    if not (shutil.which("make") and shutil.which("cc")):
        cannot_run("make and a C compiler are needed")
    made = _make("all")
    if made.returncode != 0:
        pytest.fail(f"the firmware does not build:\n{made.stderr}")
    return Core(FIRMWARE / "build" / "libcabinwatch.so")


@pytest.fixture(scope="session")
def sanitized(core: Core, cannot_run: Callable[[str], None]) -> Path:
    """Folder of the programs built with ASan and UBSan."""
    made = _make("sanitized")
    if made.returncode != 0:
        cannot_run(f"the compiler has no sanitizers:\n{made.stderr}")
    return FIRMWARE / "build" / "sanitized"


@pytest.fixture
def mcu(sanitized: Path) -> Iterator[SimulatedMcu]:
    """The simulated MCU, running, with sanitizers: whatever the tests do to it, it must not stumble."""
    with SimulatedMcu(speed_kmh=80.0, binary=sanitized / "cabinwatch-mcu") as running:
        yield running


@pytest.fixture(scope="session")
def golden() -> dict[str, list[dict[str, object]]]:
    """The table of frames, refusals and conversations."""
    return json.loads((ROOT / "tests" / "golden" / "frames.json").read_text())


def golden_frame(row: dict[str, object]) -> Frame:
    """The Frame that a row of the golden table describes."""
    kind = Type[row["type"]]
    return Frame(kind, PAYLOADS[kind](**row.get("payload", {})), **row["header"])


@pytest.fixture(scope="session")
def golden_frames(golden: dict[str, list[dict[str, object]]]) -> dict[str, tuple[Frame, bytes]]:
    """Name → frame and its bytes."""
    return {row["name"]: (golden_frame(row), bytes.fromhex(row["hex"])) for row in golden["frames"]}


Pipe = Callable[[bytes, int], bytes]  # bytes put in and the time; bytes that come out now


def straight(data: bytes, now_ms: int) -> bytes:
    return data


class World:
    """A host and an MCU joined by two pipes, in steps of 5 ms; neither clock is the world's."""

    STEP_MS = 5

    def __init__(
        self, core: Core, *, host_ms: int = 7_000_000, mcu_ms: int = 0, mcu_versions: tuple[int, int] = (1, 1)
    ):
        self.core = core
        self.now_ms = 0
        self.up: Pipe = straight
        self.down: Pipe = straight
        self.events: list[object] = []
        self.reports: list[tuple[int, Report]] = []
        self._host_ms, self._mcu_ms = host_ms, mcu_ms
        self._to_host = b""
        self.device = core.device(now_ms=self.mcu_clock, versions=mcu_versions)
        self.link = self.start_host()

    @property
    def mcu_clock(self) -> int:
        return (self.now_ms + self._mcu_ms) & 0xFFFFFFFF

    @property
    def host_s(self) -> float:
        return (self.now_ms + self._host_ms) / 1000 + 1e-6  # never a moment before the millisecond it stands for

    @property
    def report(self) -> Report:
        return self.device.report(self.mcu_clock)

    def start_host(self, boot_id: int = 0x5EED1234, settings: LinkSettings | None = None) -> Link:
        """A service that has just started takes the port; without settings it wants no infrared light."""
        self.link = Link(settings or LinkSettings(illuminator=False), boot_id)
        self.link.opened(self.host_s)
        return self.link

    def restart_mcu(self, boot_id: int = 0xBEEF0001, reset_cause: int = 0) -> None:
        """A brown-out: its clock and everything it knew start again."""
        self._mcu_ms = -self.now_ms
        self.device = self.core.device(boot_id=boot_id, now_ms=self.mcu_clock, reset_cause=reset_cause)

    def run(self, ms: int, alert: Alert | None = None, *, host: bool = True) -> Report:
        """Lets time pass. With an alert a fresh frame is judged so at every step; without, none is judged.

        host=False: the service is dead.
        """
        for _ in range(0, ms, self.STEP_MS):
            self.now_ms += self.STEP_MS
            if alert is not None:
                self.link.want(alert, self.host_s)
            sent = b""
            if host:
                self.events += self.link.receive(self._to_host, self.host_s)
                sent = self.link.send(self.host_s)
            answer = self.device.step(self.up(sent, self.now_ms), self.mcu_clock)
            self._to_host = self.down(answer, self.now_ms)
            self.reports.append((self.now_ms, self.report))
        return self.report

    def press(self, alert: Alert | None = None) -> Report:
        """The driver presses the button and lets it go, each just long enough."""
        for self.device.inputs.ack_down in (True, False):
            self.run(DEBOUNCE_MS + self.STEP_MS, alert)
        return self.report

    def first(self, condition: Callable[[Report], bool]) -> int:
        """World time at which the MCU's report first met a condition."""
        return next(at for at, report in self.reports if condition(report))


@pytest.fixture
def world(core: Core) -> World:
    """Both ends on a perfect line."""
    return World(core)


@pytest.fixture(scope="session")
def new_world(core: Core) -> Callable[..., World]:
    """For tests that need several, or odd clocks."""
    return lambda **options: World(core, **options)
