"""What users import: `Cluster`, `ClusterExecutor`, `Scheduler`, `Resources`.

Names are resolved at first use, so that importing a lower layer (`mesos_py.protocol`) never loads a higher one. This
module must never import a layer when it is itself imported.
"""
