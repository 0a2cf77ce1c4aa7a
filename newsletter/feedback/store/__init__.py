"""What feedback keeps: raw events with their state (`events`), and the dated facts they told us (`facts`)."""
