"""Slow, obvious twins of the library's algorithms, written from formulas; they share no code with it."""
