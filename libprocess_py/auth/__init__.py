"""Who a peer is: proof of a shared secret, sealed frames after it, certificates. Imports nothing at its top.

Must never know what the messages mean, nor decide what a peer may do: that is said where messages are delivered.
"""
