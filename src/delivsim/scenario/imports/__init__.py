"""A company's own export becomes an instance: its columns found, its bad rows named, what is missing estimated."""
