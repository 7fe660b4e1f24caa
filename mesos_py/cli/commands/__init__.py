"""One module per subcommand of `mesos-py`, each exposing `command`; loaded only when it is called."""
