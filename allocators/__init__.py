"""Who is offered what: the `Allocator` interface, its policies, and the one actor that wraps them.

A library first: events in, allocations out, one seed. Pure but for `allocator_process`. Must never know the master, a
socket, a clock, or how an offer is made out of an allocation.
"""
