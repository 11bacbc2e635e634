"""Planners: pure policy. Given a target and what is resident, which residents must go first, and why."""
