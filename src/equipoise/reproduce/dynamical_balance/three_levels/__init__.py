"""Three levels in closed form, for millions of parameter points at a time."""

from equipoise.reproduce.dynamical_balance.three_levels.rates import ThreeLevelRates, three_level_rates
from equipoise.reproduce.dynamical_balance.three_levels.state import three_level_state

__all__ = ["ThreeLevelRates", "three_level_rates", "three_level_state"]
