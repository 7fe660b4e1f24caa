"""Other actor runtimes, measured in the same run: a module of functions for each, named as our cases are.

A runtime is not needed by anything else here, so it may live in an environment of its own; see `environments`. Its
module imports nothing but the runtime and the standard library.
"""
