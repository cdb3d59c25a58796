"""A judged record: its verdicts and counts, and what is said of them to a person and to a machine."""
