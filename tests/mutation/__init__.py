"""Do the tests of the allocator notice when it is wrong? `python -m tests.mutation` plants small defects and sees."""
