"""The table of behaviours: name in YAML → what plays it. Knows nothing else.

**The order is the truth's priority**: where several behaviours run at once, the frame carries the name of the one that
stands first here; where none runs, spontaneous blinks are `blink`, everything else is `driving`.
"""

from __future__ import annotations

from collections.abc import Mapping

from simulator.script import glances, hands, lids, mouth, posture
from simulator.script.behaviour import Behaviour

BEHAVIOURS: Mapping[str, type[Behaviour]] = {
    "camera_covered": posture.CameraCovered,
    "sleep": lids.Sleep,
    "microsleep": lids.Microsleep,
    "sneeze": mouth.Sneeze,
    "nod": lids.Nod,
    "long_blink": lids.LongBlink,
    "yawn": mouth.Yawn,
    "rub_eye": hands.RubEye,
    "phone_lap": hands.PhoneLap,
    "phone_ear": hands.PhoneEar,
    "shoulder_check": glances.ShoulderCheck,
    "mirror_check": glances.MirrorCheck,
    "glance": glances.Glance,
    "eat": hands.Eat,
    "laugh": mouth.Laugh,
    "sing": mouth.Sing,
    "talk": mouth.Talk,
    "wear": hands.Wear,
    "lean": posture.Lean,
    "stretch": posture.Stretch,
    "head_on_hand": hands.HeadOnHand,
    "express": posture.Express,
    "droop": lids.Droop,
    "blink": lids.Blink,
    "drowsy_blinking": lids.DrowsyBlinking,
    "hand_at": hands.HandAt,
}
DRIVING = "driving"
PRIORITY: Mapping[str, int] = {name: rank for rank, name in enumerate((*BEHAVIOURS, DRIVING))}
