"""Where answers arrive: raw bytes and their envelope."""
