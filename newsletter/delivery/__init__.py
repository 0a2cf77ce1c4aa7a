"""5. An edition meets an audience: mailings, deliveries, receipts."""
