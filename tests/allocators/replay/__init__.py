"""Tests of the replay itself: that it reads what is right, complains of what is not, and survives any line."""
