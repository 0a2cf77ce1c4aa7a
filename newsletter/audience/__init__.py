"""3. Who is written to, and why we may."""
