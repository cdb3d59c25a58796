"""What must hold: properties over histories, one family a file. They know the event vocabulary and nothing else."""
