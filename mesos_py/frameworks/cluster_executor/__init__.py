"""`ClusterExecutor`: `concurrent.futures.Executor` on a cluster; a framework like any other.

Must never use anything of the system that another framework could not use.
"""
