"""`mesos-py bench allocator`: allocation runs and events, each workload at each size in a fresh OS process.

`definitions` has the clusters and sizes as data, the workloads are in `offers`, `refusals`, `quotas`, `events`,
`busy` and `sorters`. `worker` is the process that measures one workload at one size and tells samples as lines of
JSON; `running` starts it and makes a `Report` of what it says; `compare` runs the workers of two revisions in turn.
Times are those of the CPU, not of the wall: a neighbour on the machine does not count.
"""
