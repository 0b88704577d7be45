"""What the simulator's rooms hand to each other: who drives, what is done, what is drawn, what is true.

Knows units, frames and signs. Must not know OpenGL, YAML or files.

**Seat frame**: millimetres; origin midway between the eyes of this driver sitting upright and relaxed; x to the
driver's left (the image's right for a camera in front), y up, z forward, out of the face. Every camera, light and
prop place is given in it. **Head frame**: the same axes and origin, but it moves with the skull.

Angles are the house's (docs/architecture.md): degrees, yaw + to the image's right (towards +x), pitch + up, roll +
clockwise in the image. Left and right are the driver's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Matrix = NDArray[np.float64]  # (4, 4), column vectors: seat = matrix @ local
Triangles = NDArray[np.int32]  # (m, 3)
GreyImage = NDArray[np.uint8]

POPULATION_APERTURE_MM = 9.5  # relaxed palpebral aperture of the mean driver: openness 1


# --- who -------------------------------------------------------------------------------------------------------


class Hair(str, Enum):
    NONE = "none"
    RECEDED = "receded"  # a ring of hair
    CROPPED = "cropped"  # to 12 mm
    SHORT = "short"  # 30–60 mm
    LONG = "long"  # over the ears to the shoulders
    TIED = "tied"  # drawn back


class Beard(str, Enum):
    NONE = "none"
    STUBBLE = "stubble"
    MOUSTACHE = "moustache"
    FULL = "full"


class Glasses(str, Enum):
    NONE = "none"
    CLEAR = "clear"
    SUN_OPAQUE = "sun_opaque"  # dark to the camera too
    SUN_NIR = "sun_nir"  # dark to the eye, clear at 940 nm


@dataclass(frozen=True, slots=True)
class Identity:
    """One invented person. Everything follows from the numbers here; nothing is a real person's likeness."""

    seed: int
    age_years: float  # 16–80
    male: float  # 0 female … 1 male
    ancestry: tuple[float, float, float]  # shares of African, Asian, Caucasian shape, sum 1
    weight: float  # 0 lean … 1 heavy
    muscle: float  # 0 … 1
    aperture_mm: float  # relaxed palpebral aperture, 6–12
    skin_reflectance: float  # at 850–940 nm, 0.35–0.75
    oiliness: float  # 0 matt … 1 shining
    wrinkles: float  # 0 … 1
    hair: Hair
    hair_reflectance: float  # 0.05 (black) … 0.45 (white); dark hair is brighter in NIR than to the eye
    brow_density: float  # 0 … 1
    brow_thickness: float  # 0.6 … 1.5
    beard: Beard
    iris_reflectance: float  # 0.15 … 0.55
    pupil_mm: float  # diameter, 2.5 … 7
    shape: Mapping[str, float] = field(default_factory=dict)  # small random face targets by name
    glasses: Glasses = Glasses.NONE  # what this person wears unless the scenario says otherwise
    frame_style: int = 0
    mask: bool = False
    cap: bool = False
    clothes_reflectance: float = 0.3


@dataclass(frozen=True, slots=True)
class Wearing:
    """What is on the face now."""

    glasses: Glasses = Glasses.NONE
    mask: bool = False
    cap: bool = False


# --- what is done ----------------------------------------------------------------------------------------------


class Gesture(str, Enum):
    """What one hand does. Which pose that is belongs to `body`."""

    DOWN = "down"  # out of the picture
    WHEEL = "wheel"  # at a quarter to three
    WHEEL_12 = "wheel_12"  # on top of the rim
    MOUTH = "mouth"  # the flat hand over the mouth
    PHONE_EAR = "phone_ear"
    PHONE_LAP = "phone_lap"  # holding a phone low before the belly
    RUB_EYE = "rub_eye"  # fingers on the eye of the same side
    CHIN = "chin"  # the head leans on it
    EAT = "eat"  # something held at the mouth


@dataclass(frozen=True, slots=True)
class Hand:
    """One hand's way between two gestures: at 0 it does `before`, at 1 it does `does`."""

    does: Gesture = Gesture.WHEEL
    before: Gesture = Gesture.WHEEL
    arrived: float = 1.0  # 0 … 1


@dataclass(frozen=True, slots=True)
class Moment:
    """What the driver does at one instant."""

    t_s: float = 0.0
    behaviour: str = "driving"  # the label written into the truth
    closure: tuple[float, float] = (0.0, 0.0)  # lids left, right: 0 = this driver's relaxed aperture, 1 = just closed
    units: Mapping[str, float] = field(default_factory=dict)  # ARKit face units 0–1 without eyeBlink* and eyeLook*
    head_deg: tuple[float, float, float] = (0.0, 0.0, 0.0)  # yaw, pitch, roll in the seat frame
    gaze_deg: tuple[float, float] = (0.0, 0.0)  # yaw, pitch in the seat frame: where the eyes look, not how they roll
    lean_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)  # how far the head is carried by the torso: x, y, z
    left_hand: Hand = Hand()
    right_hand: Hand = Hand()
    wearing: Wearing = Wearing()
    breath: float = 0.0  # −1 … 1
    covered: float = 0.0  # 0 … 1, how much of the lens something covers


# --- what is drawn ---------------------------------------------------------------------------------------------


class Material(IntEnum):
    """Which branch of the shader shades it."""

    SKIN = 0
    EYE = 1  # rest = direction from the eye's centre in its own frame, z = optical axis
    WET = 2  # teeth, tongue, gums
    STRAND = 3  # a ribbon turned to the camera: normals = tangent, uv = (side −1/+1, along 0–1), tone.x = half width mm
    SOLID = 4  # plastic, metal, glass fibre
    FABRIC = 5
    LENS = 6  # blended over what is behind: tone.x = transmission at the LEDs' wavelength
    SKY = 7  # gives light of its own: the window's background


class What(IntEnum):
    """What a pixel shows: the label buffer, and the words of the truth's `covered_by`."""

    NOTHING = 0
    SKIN = 1
    EYE_LEFT = 2
    EYE_RIGHT = 3
    MOUTH = 4
    HAIR = 5
    LASH = 6
    BROW = 7
    BEARD = 8
    CLOTHES = 9
    HAND_LEFT = 10
    HAND_RIGHT = 11
    GLASSES = 12  # the frame
    LENS = 13
    MASK = 14
    CAP = 15
    PHONE = 16
    FOOD = 17
    WHEEL = 18
    SEAT = 19
    BELT = 20
    CABIN = 21
    WINDOW = 22


@dataclass(frozen=True, eq=False)  # no slots: the renderer refers to it weakly
class Geometry:
    """Triangles with their attributes. The same object drawn again is not uploaded again: keep static ones."""

    positions_mm: Array  # (n, 3)
    normals: Array  # (n, 3), unit
    triangles: Triangles  # (m, 3)
    rest: Array  # (n, 3) where the vertex lies on the resting body, in mm: textures in space hold on to it
    uv: Array  # (n, 2)
    tone: Array  # (n, 2): ambient occlusion 0–1 and a factor on the reflectance, unless the material says otherwise


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """One thing to draw."""

    what: What
    material: Material
    geometry: Geometry
    reflectance: float = 0.5  # in NIR
    gloss: float = 0.0  # weight of the specular lobe
    roughness: float = 0.5
    pose: Matrix | None = None  # local → seat; None: already in the seat frame
    shadow: bool = True  # throws one


@dataclass(frozen=True, eq=False, slots=True)
class Anchors:
    """Where things of the posed body are, in the seat frame."""

    head: Matrix  # head frame → seat frame
    eye_centres_mm: Array  # (2, 3), left, right
    eye_radius_mm: float
    eye_axes: Array  # (2, 3), unit optical axes
    landmarks_mm: Array  # (68, 3) in the usual order (0–16 jaw from the driver's right … 60–67 inner lips)
    landmark_normals: Array  # (68, 3), to tell those that face away
    # Left, right: origin in the palm's middle, x to the thumb's side, y to the fingers, z out of the palm's inner side.
    palms: tuple[Matrix, Matrix]
    gaze: Array  # (3,), unit: the mean of both eyes' axes


@dataclass(frozen=True, eq=False, slots=True)
class Posed:
    """A body at one moment."""

    parts: tuple[Part, ...]
    anchors: Anchors


# --- where and in what light -----------------------------------------------------------------------------------


class Place(str, Enum):
    CLUSTER = "cluster"  # behind the wheel, looking up
    COLUMN = "column"  # on the steering column, low
    A_PILLAR = "a_pillar"
    MIRROR = "mirror"
    CENTRE_STACK = "centre_stack"


class Daytime(str, Enum):
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"
    TUNNEL = "tunnel"


@dataclass(frozen=True, slots=True)
class Lamp:
    """A NIR LED of the camera."""

    at_mm: tuple[float, float, float]  # in the seat frame
    power: float = 1.0  # irradiance at the driver's face as a factor
    half_angle_deg: float = 40.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A pin-hole camera; distortion is left to `Sensor`."""

    place: Place = Place.CLUSTER
    at_mm: tuple[float, float, float] = (0.0, -150.0, 650.0)
    looks_at_mm: tuple[float, float, float] = (0.0, -20.0, 0.0)
    roll_deg: float = 0.0
    width: int = 640
    height: int = 480
    focal_px: float = 700.0


@dataclass(frozen=True, slots=True)
class Light:
    """All light of one instant. Units: 1 = the LEDs' light on a face at 650 mm."""

    lamps: tuple[Lamp, ...] = (Lamp((45.0, -150.0, 650.0)), Lamp((-45.0, -150.0, 650.0)))
    wavelength_nm: int = 940
    ambient: float = 0.02  # from everywhere
    sky: float = 0.0  # brightness of what the windows show
    sun: float = 0.0  # a parallel beam
    sun_from: tuple[float, float, float] = (0.7, 0.5, 0.4)  # unit-ish vector towards it
    stripes: float = 0.0  # 0 … 1, how deep the shadow of pillars and trees is in the beam
    stripe_mm: float = 60.0  # distance between two
    stripe_phase: float = 0.0  # 0 … 1, moves as the car does
    headlights: float = 0.0  # a passing car's beam
    headlights_from: tuple[float, float, float] = (0.5, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Sensor:
    """What the imager adds."""

    target_grey: float = 115.0  # exposure control aims the face region's mean here, 0–255
    gain: float = 1.0  # noise grows with it
    noise: float = 0.010  # read noise as a share of full scale at gain 1
    shot: float = 0.004  # shot noise variance per unit of light
    blur_px: float = 0.6  # lens
    motion_ms: float = 4.0  # exposure time: what moves smears
    bands: float = 0.0  # rolling bands of mains or PWM light, amplitude
    vignette: float = 0.2
    gamma: float = 1.6
    jpeg: int | None = None  # quality; None = not compressed
    drops: float = 0.0  # probability that a frame is lost


@dataclass(frozen=True, slots=True)
class Setting:
    """The car around the driver: fixed over a clip but for the light."""

    camera: Camera = Camera()
    daytime: Daytime = Daytime.NIGHT
    sensor: Sensor = Sensor()
    bright_pupil: bool = False  # an on-axis LED makes the retina shine back
    interior: int = 0  # seed of seat, belt, trim and what the window shows
    driver_side_left: bool = True  # the wheel is on the car's left
    speed_m_s: float = 14.0  # how fast the scenery passes


# --- what is true ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EyeTruth:
    """One eye. Aperture is what the camera could see of the eyeball between the lids, whatever covers it."""

    aperture_mm: float  # along the head's vertical through the pupil, lids only
    own: float  # aperture ÷ this driver's relaxed aperture
    visible: float  # 0–1, share of the eye region that nothing but lids covers, as seen by the camera
    covered_by: tuple[str, ...]  # names of What, largest first; empty = free
    iris_px: tuple[float, float]


@dataclass(frozen=True, eq=False, slots=True)
class Truth:
    """What really is in one frame; written as one JSON line."""

    t_s: float
    frame: int
    behaviour: str
    face_box_px: tuple[float, float, float, float] | None  # None: no face in the picture
    face_visible: float  # share of the face's skin region that is seen
    landmarks_px: Array  # (68, 2)
    landmarks_visible: NDArray[np.bool_]  # (68,)
    left: EyeTruth
    right: EyeTruth
    jaw: float  # 0–1
    mouth_open: float  # gap of the inner lips, 1 = a wide yawn: the meaning of vision.types.Mouth.openness
    mouth_visible: float  # 0–1
    mouth_covered_by: tuple[str, ...]
    head_deg: tuple[float, float, float]  # in the camera's frame
    gaze_deg: tuple[float, float]  # in the camera's frame
    units: Mapping[str, float]
    wearing: Wearing
    light: Light
    daytime: Daytime
    covered: float


@dataclass(frozen=True, eq=False, slots=True)
class Shot:
    """One picture and its truth."""

    grey: GreyImage
    truth: Truth


class SimulatorError(Exception):
    """What was asked cannot be done; the text names the thing, the value and the remedy. One line."""
