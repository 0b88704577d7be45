"""All settings of the rules, composed of each machine's own. Knows no value itself."""

from __future__ import annotations

from msgspec import Struct

from alerts.baseline import BaselineSettings, Mounting
from alerts.distraction import DistractionSettings
from alerts.drowsiness import ClosureSettings, PerclosSettings, YawnSettings
from alerts.eyes import EyeSettings
from alerts.observability import ObservabilitySettings
from alerts.policy import PolicySettings
from alerts.standby import StandbySettings


class AlertSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The rules' settings. `mounting` is the camera's, given here so that the rules need not know a camera."""

    mounting: Mounting = Mounting()
    eyes: EyeSettings = EyeSettings()
    closure: ClosureSettings = ClosureSettings()
    perclos: PerclosSettings = PerclosSettings()
    yawn: YawnSettings = YawnSettings()
    distraction: DistractionSettings = DistractionSettings()
    observability: ObservabilitySettings = ObservabilitySettings()
    baseline: BaselineSettings = BaselineSettings()
    standby: StandbySettings = StandbySettings()
    policy: PolicySettings = PolicySettings()
