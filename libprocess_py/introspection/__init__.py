"""Looking into a running node: what waits and for how long, where time goes, which handler holds the loop.

Nothing here costs anything while nobody looks: `ages` are found out by looking twice, `timing` and `spans` observe and
are taken away again, the `watchdog` reads from a thread of its own what the kernel keeps anyway. `journal` keeps a
decision log in a file, and `timeline` makes pictures of one.
"""
