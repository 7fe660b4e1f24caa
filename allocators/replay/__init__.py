"""Replay of cases: files that say what an allocator must do, played against ours, and a protocol to drive it by lines.

Pure: documents in, verdicts out; whoever calls reads the files. Must never know a file, a stream, or a test.
"""
