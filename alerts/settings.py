"""All settings of the rules, composed of each machine's own. Knows no value itself."""

from __future__ import annotations

from msgspec import Struct

from alerts.affect import AffectSettings, AffectTerms
from alerts.baseline import BaselineSettings, Mounting
from alerts.blinks import BlinkSettings
from alerts.distraction import DistractionSettings
from alerts.eyes import EyeSettings
from alerts.gaze import GazeSettings
from alerts.kss import DrowsinessSettings
from alerts.mouth import YawnSettings
from alerts.nods import NodSettings
from alerts.observability import ObservabilitySettings
from alerts.openness import OpennessSettings
from alerts.perclos import PerclosSettings
from alerts.policy import PolicySettings
from alerts.posture import PostureSettings
from alerts.standby import StandbySettings
from alerts.steering import SteeringSettings


class AlertSettings(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How measures are taken. `mounting` is the camera's, `terms` are the vehicle's: the rules know neither."""

    mounting: Mounting = Mounting()
    terms: AffectTerms = AffectTerms()
    eyes: EyeSettings = EyeSettings()
    openness: OpennessSettings = OpennessSettings()
    blinks: BlinkSettings = BlinkSettings()
    perclos: PerclosSettings = PerclosSettings()
    yawn: YawnSettings = YawnSettings()
    nod: NodSettings = NodSettings()
    posture: PostureSettings = PostureSettings()
    steering: SteeringSettings = SteeringSettings()
    drowsiness: DrowsinessSettings = DrowsinessSettings()
    gaze: GazeSettings = GazeSettings()
    distraction: DistractionSettings = DistractionSettings()
    observability: ObservabilitySettings = ObservabilitySettings()
    affect: AffectSettings = AffectSettings()
    baseline: BaselineSettings = BaselineSettings()
    standby: StandbySettings = StandbySettings()
    policy: PolicySettings = PolicySettings()
