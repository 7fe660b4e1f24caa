"""The tests. Folders mirror the code; `conformance`, `e2e`, `simulation` and `tidy` cut across it."""
