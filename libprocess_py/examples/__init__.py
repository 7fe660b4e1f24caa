"""Small programs that show what the runtime is for. Each runs with `python -m`."""
