"""Policies by name, for the flag `--allocator`. Each implements `allocators.allocator.Allocator`.

Pure. Must never know which actor asks, or why.
"""
