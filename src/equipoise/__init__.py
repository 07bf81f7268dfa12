"""equipoise: is this stationary state an equilibrium, and if not, what flows?"""

__version__ = "0.1.0"
