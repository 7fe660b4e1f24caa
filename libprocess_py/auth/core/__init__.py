"""The pure part: bytes, nonces and secrets in, bytes and verdicts out. Must never read a clock, a file or chance."""
