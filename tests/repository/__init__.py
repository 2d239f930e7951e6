"""Tests of jobs/repository on real git."""
