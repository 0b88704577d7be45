"""Where a tunnel's lamps are: their light and what the windows show of them must agree.

Knows the clock and the car's speed. Must not know light, windows or pictures.
"""

from __future__ import annotations

LAMP_EVERY_M = 28.0  # from one to the next


def nearest_lamp_m(t_s: float, speed_m_s: float, every_m: float = LAMP_EVERY_M) -> float:
    """How far ahead the nearest lamp is, m; behind is negative. One is overhead at time 0."""
    passed = (t_s * speed_m_s / every_m + 0.5) % 1.0 - 0.5
    return -passed * every_m
