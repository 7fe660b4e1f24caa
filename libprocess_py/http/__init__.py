"""HTTP as actors see it: requests, responses, routes.

Must never know which driver carries the bytes, nor which component answers.
"""
