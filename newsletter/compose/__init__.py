"""2. An issue becomes an edition."""
