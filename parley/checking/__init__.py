"""What a check says of itself: a variant's answers, what was put to the test, which mutants died, what was certified."""
