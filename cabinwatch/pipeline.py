"""The whole product in one loop: a picture goes in, the wanted state of the vehicle's outputs comes out.

Knows the order of the houses and nothing of what they do. Must not know where samples come from, a clock, or who
is looking: the service, the demo and the tests all iterate over the same loop.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from alerts.driver import DriverMonitor
from alerts.policy import Policy
from alerts.types import Alert, DriverState, VehicleState
from firmware_bridge.can.inputs import Value, merged
from firmware_bridge.link import LinkStatus
from vision.types import FaceObservation, Sample


class Observing(Protocol):
    """What the loop needs of vision."""

    def observe(self, sample: Sample, *, affect: bool) -> FaceObservation: ...


class Linking(Protocol):
    """What the loop needs of the link to the vehicle."""

    @property
    def vehicle(self) -> VehicleState: ...

    @property
    def status(self) -> LinkStatus: ...

    def want(self, alert: Alert, captured_s: float) -> None: ...


class OnCan(Protocol):
    """What the loop needs of CAN, where it is configured."""

    @property
    def fresh(self) -> Mapping[str, Value]: ...

    @property
    def troubles(self) -> tuple[str, ...]: ...

    def tell(self, state: DriverState, alert: Alert) -> None: ...


@dataclass(frozen=True, slots=True)
class Judged:
    """One sample and what each house made of it."""

    sample: Sample
    seen: FaceObservation
    vehicle: VehicleState
    state: DriverState
    alert: Alert
    troubles: tuple[str, ...] = ()  # what is amiss on CAN, in words for people


@dataclass(slots=True)
class Pipeline:
    """The parts in their order. Any of them may be replaced between two samples."""

    observer: Observing
    driver: DriverMonitor
    policy: Policy
    link: Linking
    can: OnCan | None = None
    recalled: bool = False  # what the microcontroller remembers of this trip from before a restart has been taken

    def run(self, camera: Iterable[Sample]) -> Iterator[Judged]:
        """Judges every sample of `camera`: a Frame, or a NoFrame at least 5 times a second while none comes."""
        for sample in camera:
            self._recall()
            vehicle = self._vehicle()
            seen = self.observer.observe(sample, affect=self.driver.may_read_expressions(vehicle))
            state = self.driver.update(seen, vehicle)
            alert = self.policy.update(state, vehicle)
            self.link.want(alert, captured_s=sample.t_s)
            if self.can:
                self.can.tell(state, alert)
            yield Judged(sample, seen, vehicle, state, alert, self.can.troubles if self.can else ())

    def _vehicle(self) -> VehicleState:
        return merged(self.link.vehicle, self.can.fresh) if self.can else self.link.vehicle

    def _recall(self) -> None:
        """Takes the lock-out count of the first hello; what counts later hellos have is our own."""
        hello = None if self.recalled else self.link.status.mcu_hello
        if hello is not None:
            self.policy.recall(hello.lockouts)
            self.recalled = True
