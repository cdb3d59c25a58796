"""The application: command line, scenario files, one run, campaigns."""
