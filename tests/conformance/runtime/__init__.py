"""What every driver promises: one suite, run on each of them. Tests see a `Harness` and cannot tell which it is."""
