"""The commands of `parley`, one file each, named as the command."""
