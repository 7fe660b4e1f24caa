"""What holds of the allocator whatever happens, each claim stated once."""
