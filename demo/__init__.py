"""The outside world on one machine: a GitHub and a model that speak the real protocols."""
