"""Ball arithmetic for small matrices: exact doubles in, enclosures out; nothing here knows physics or the library.

A matrix is a list of rows of `acb` (complex balls). Doubles convert exactly; precision is the global `flint.ctx.prec`.
"""

from __future__ import annotations

import contextlib
import math

from flint import acb, acb_mat, arb, ctx


@contextlib.contextmanager
def precision(bits):
    """Work with this many bits inside the block."""
    before, ctx.prec = ctx.prec, int(bits)
    try:
        yield
    finally:
        ctx.prec = before


def exact(number):
    """The ball of radius zero of a double or an integer, real or complex."""
    if isinstance(number, complex):
        return acb(number.real, number.imag)
    return arb(number)


def middle(ball):
    """The midpoint of a ball, as a ball of radius zero."""
    if isinstance(ball, acb):
        return acb(ball.real.mid(), ball.imag.mid())
    return ball.mid()


def log2_size(ball):
    """Logarithm to base 2 of an upper bound of the modulus, -inf of an exact zero; cheap and rough."""
    upper = ball.abs_upper()
    if not upper.is_finite():
        return math.inf
    if upper.is_zero():
        return -math.inf
    mantissa, exponent = upper.mid().man_exp()
    return float(abs(int(mantissa)).bit_length() + int(exponent))


def bits_known(ball):
    """How many bits of a ball are known: the relative accuracy."""
    if not (ball.real.is_finite() if isinstance(ball, acb) else ball.is_finite()):
        return -math.inf
    rad = ball.rad() if isinstance(ball, arb) else ball.real.rad() + ball.imag.rad()
    return log2_size(ball) - log2_size(rad)


def solve(rows, right):
    """The solution of a square system as a list of balls; None where the precision does not tell it from singular."""
    n = len(rows)
    try:
        found = acb_mat(n, n, [x for row in rows for x in row]).solve(acb_mat(n, 1, right))
    except ZeroDivisionError:
        return None
    return [found[i, 0] for i in range(n)]


def product(a, b):
    """The product of two matrices."""
    left = acb_mat(len(a), len(b), [x for row in a for x in row])
    right = acb_mat(len(b), len(b[0]), [x for row in b for x in row])
    found = left * right
    return [[found[i, j] for j in range(len(b[0]))] for i in range(len(a))]


def dagger(a):
    """The Hermitian conjugate."""
    return [[a[i][j].conjugate() for i in range(len(a))] for j in range(len(a[0]))]


def hermitian_eigen(matrix):
    """Eigenvalues (real) and eigenvectors (columns) of a Hermitian matrix, by cyclic Jacobi rotations.

    Midpoints only, no radii: good to the working precision relative to the entries, graded matrices included.
    """
    d = len(matrix)
    a = [[acb(middle(x)) for x in row] for row in matrix]
    v = [[acb(int(i == j)) for j in range(d)] for i in range(d)]
    for _ in range(60):
        moved = False
        for p in range(d):
            for q in range(p + 1, d):
                size = middle(a[p][q].real ** 2 + a[p][q].imag ** 2)
                if size.is_zero() or log2_size(size) < log2_size(a[p][p]) + log2_size(a[q][q]) - 2 * ctx.prec + 24:
                    continue
                if log2_size(size) < 2 * max(log2_size(x) for row in a for x in row) - 4 * ctx.prec:
                    continue
                moved = True
                modulus = size.sqrt()
                phase = middle(a[p][q] / modulus)
                tau = middle((a[q][q].real - a[p][p].real) / (2 * modulus))
                t = middle((1 if tau >= 0 else -1) / (abs(tau) + (1 + tau * tau).sqrt()))
                c = middle(1 / (1 + t * t).sqrt())
                s = middle(t * c)
                for k in range(d):
                    x, y = a[k][p], a[k][q]
                    a[k][p] = middle(c * x - s * phase.conjugate() * y)
                    a[k][q] = middle(s * phase * x + c * y)
                    x, y = v[k][p], v[k][q]
                    v[k][p] = middle(c * x - s * phase.conjugate() * y)
                    v[k][q] = middle(s * phase * x + c * y)
                for k in range(d):
                    x, y = a[p][k], a[q][k]
                    a[p][k] = middle(c * x - s * phase * y)
                    a[q][k] = middle(s * phase.conjugate() * x + c * y)
                a[p][q] = a[q][p] = acb(0)
        if not moved:
            break
    return [a[i][i].real for i in range(d)], v
