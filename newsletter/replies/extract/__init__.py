"""What the sender wrote, without quotations and signature."""
