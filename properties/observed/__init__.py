"""What can be proved from what clients alone observe, without the log and with ids that only name."""
