"""Builders, strategies and harnesses that tests share."""
