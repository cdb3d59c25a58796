"""What goes wrong: fault kinds, plans as data, what carries them out, and what makes them up."""
