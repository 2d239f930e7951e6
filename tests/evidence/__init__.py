"""Tests of jobs/evidence with real runners in real folders."""
