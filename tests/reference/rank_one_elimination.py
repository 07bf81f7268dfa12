"""Grassmann-Taksar-Heyman elimination as in the paper: one state, one outer product at a time."""

import numpy as np


def rank_one_weights(rates):
    """Return the stationary weights of rates W[i, j] (j -> i), normalised to sum one."""
    rates = np.array(rates, dtype=float)
    dimension = len(rates)
    exits = np.ones(dimension)
    for n in range(dimension - 1, 0, -1):
        exits[n] = rates[:n, n].sum()
        rates[:n, :n] += np.outer(rates[:n, n], rates[n, :n]) / exits[n]
    weights = np.ones(dimension)
    for n in range(1, dimension):
        weights[n] = rates[n, :n] @ weights[:n] / exits[n]
    return weights / weights.sum()


def rank_one_log_weights(log_rates):
    """Return the logarithms of the stationary weights of logarithmic rates; logaddexp throughout."""
    logs = np.array(log_rates, dtype=float)
    np.fill_diagonal(logs, -np.inf)
    dimension = len(logs)
    exits = np.zeros(dimension)
    for n in range(dimension - 1, 0, -1):
        exits[n] = np.logaddexp.reduce(logs[:n, n])
        rerouted = logs[:n, n, None] + logs[n, :n] - exits[n]
        logs[:n, :n] = np.logaddexp(logs[:n, :n], rerouted)
        np.fill_diagonal(logs, -np.inf)
    weights = np.zeros(dimension)
    for n in range(1, dimension):
        weights[n] = np.logaddexp.reduce(logs[n, :n] + weights[:n]) - exits[n]
    return weights - np.logaddexp.reduce(weights)
