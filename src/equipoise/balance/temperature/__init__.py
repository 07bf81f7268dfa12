"""States that are functions of the energy: Gibbs fits, temperature functions, local KMS, bounds on populations."""
