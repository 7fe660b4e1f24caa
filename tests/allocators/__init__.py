"""Tests of the allocation policies and of the actor around them."""
