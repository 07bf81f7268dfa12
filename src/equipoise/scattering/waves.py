"""Free waves of a gas particle that an interaction mixes: the asymptotic channels beside the level of the target."""

from __future__ import annotations

from enum import Enum


class Waves(Enum):
    """Which free waves of one kinetic energy a scattering matrix joins, for each level of the target.

    EVEN
        One channel: the even combination of the two directions of a line. A scatterer at one point mixes no other.
    DIRECTIONS
        Two channels: momentum +p, then momentum -p, of particles on a line.
    PARTIAL
        Partial waves in any number of dimensions, as many as the interaction has: the gas must be isotropic.
    """

    EVEN = "even"
    DIRECTIONS = "directions"
    PARTIAL = "partial"
