"""The command line, `mesos-py`: settings come in, a program runs, an exit status comes out.

On top of everything: nothing may import it, and it must never hold a rule of the cluster itself.
"""
