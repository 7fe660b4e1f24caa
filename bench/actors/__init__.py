"""`mesos-py bench actors`: what the actor runtime does per second on this machine, and other runtimes beside it.

`cases` is the table of what is measured and against which bars; `worker` measures one case in an OS process of its own;
`running` starts the workers in rounds; `table` and `plot` show what came out. `peers` are the other runtimes.
`flood` is no case: it judges what a node withstands.
"""
