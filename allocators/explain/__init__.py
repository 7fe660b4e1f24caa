"""Why was somebody offered nothing? Every reason, in typed form and in sentences.

Nothing here changes a book or is asked by a run; it may look at whatever the policy knows.
"""
