"""The sections of a spec, as typed records."""
