"""`python -m mesos_py.cli` is the command `mesos-py`, for where the script is not on the path."""

from mesos_py.cli.main import main

main()
