"""Every tolerance that more than one algorithm needs: one name, one value, one meaning.

A tolerance decides when a number counts as zero, or two numbers as equal. Each has a line that says relative to what
it is meant. Where a function takes an argument `tolerance`, its default is one of these and the user may change it;
the others follow from double precision or from what the solvers leave behind, and are the library's to choose.
Orders of quadrature, numbers of panels and thresholds of series are no tolerances: they stay beside their formula.
"""

from __future__ import annotations

from equipoise._checks import ROUND_OFF

# Rounding

ROUNDED = 64 * ROUND_OFF
"""A sum of a handful of terms that is zero on paper; relative to the largest term."""

UNDERFLOWS = 1e-280
"""A number below it may have lost digits, or lose them in the next product; absolute."""

NO_DIVISOR = 1e-300
"""Stands for a norm that is zero, so that 0/0 is 0; absolute."""

IMAGINARY_STEP = 1e-30
"""Step of a derivative taken along the imaginary axis: nothing is subtracted; relative to the argument."""

# What a user gives

TRACE = 1e-10
"""Defect of the trace of a given state, or of the trace preservation of given operators; absolute."""

WEIGHTS_SUM = 1e-12
"""Defect of the sum of given weights from one; absolute."""

UNITARY = 1e-10
"""Largest element of U^dagger U - 1 of a given unitary matrix; absolute."""

POSITIVE = 1e-12
"""Negative eigenvalue of a given positive matrix; relative to its largest eigenvalue."""

GIVEN_FUNCTION = 1e-9
"""Defect of an identity that given values or a given function must satisfy; relative to the values."""

PRESERVED = 1e-10
"""Defect of Hermiticity and trace preservation of a given superoperator; relative to its norm."""

CHANNEL = 1e-9
"""Defect of trace preservation or complete positivity of a channel; relative to the channel."""

NORMALISED = 1e-6
"""Deviation of the integral of a given momentum distribution from one; absolute."""

# What commutes, what is equal

COMMUTES = 1e-12
"""Commutator of two operators that commute on paper; relative to the product of their norms."""

COMMUTES_WITH_STATE = 1e-10
"""[H, sigma] of a state found by a solver; relative to H, both in the eigenbasis of sigma."""

EQUAL_LEVELS = 1e-10
"""Energies, or Bohr frequencies, that are one; relative to the width of the spectrum. The user may change it."""

EQUAL_WEIGHTS = 1e-9
"""Weights of a state that are equal; difference of their logarithms, or of sizes relative to the larger."""

EQUAL = 1e-12
"""Two numbers that are one on paper, each computed in a few steps; relative to the larger."""

EQUAL_COUNTS = 1e-6
"""Particle numbers, measured against the integers; absolute."""

COUNTS = 1e-9
"""Off-diagonal elements of a particle number in a basis that resolves it; relative to its norm."""

REVERSED = 1e-8
"""Sine of the angle between a jump and the adjoint of its reverse; absolute."""

# What a solver leaves behind

NULL = 1e-10
"""Singular value or eigenvalue of a null vector; relative to the largest."""

STATIONARY = 1e-8
"""Change of a state per unit of time that counts as none; relative to the norm of the generator."""

STATIONARY_LEVELS = 1e-9
"""Net flow into a level that counts as none; relative to what passes through the level."""

SUPPORT = 1e-10
"""Weight of a state of the recurrent subspace in the long-time average of the uniform one; relative to the largest."""

LEAK = 1e-9
"""Weight and coherence that leave the support of a state; relative to the rates."""

NULL_AMPLITUDE = 1e-6
"""Element of an operator that leads out of a subspace, the root of a null rate; relative to the operator."""

COHERENCE = 1e-10
"""Coherence of a state that counts as none; relative to the root of the two populations."""

CONSERVED = 1e-9
"""Rate of change of a particle number that counts as none; relative to the rates."""

UNCHANGED_NUMBER = 1e-10
"""D^dagger(N) and D^dagger(N^2) of a dissipator that changes no number; relative to N^2 and to the rates."""

OSCILLATION = 1e-6
"""Imaginary part of a decay rate: two equal ones split by the root of a round-off; relative to the rate."""

SECTOR_ACCURACY = 1e-12
"""Accuracy of a null vector of the zero-frequency sector; relative to its largest element."""

DENSE_ACCURACY = 1e-13
"""Accuracy of a null vector of the superoperator; relative to its largest element."""

ROUNDING_DECIDES = 1e-4
"""Change of the logarithm of a weight by the rounding of the operators that makes the weight unknown; absolute."""

# The verdict

BALANCED = 1e-9
"""A residual, a flow or an entropy production that counts as zero; relative to its scale. The user may change it."""

BALANCED_ROUNDED = 1e-12
"""Net flow that is rounding where one that is smaller than `BALANCED` is kept; relative to the one-way flow."""

NO_AFFINITY = 1e-10
"""Affinity of a cycle that does not turn: the round-off of its rates; absolute, or relative to the bias."""
