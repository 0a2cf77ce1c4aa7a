"""The command line: parses, calls one verb of a station, prints."""
