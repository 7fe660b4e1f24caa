"""The same tenants under several policies: what each policy makes of the cluster, of fairness and of waiting.

Simulated, in virtual time, on the allocators as a library; no master, no agents, no sleeping. Must never know a policy
by name, but for the parameters that a workload has for it.
"""
