"""The house rules, as tests; each rule is itself tested to bite."""
