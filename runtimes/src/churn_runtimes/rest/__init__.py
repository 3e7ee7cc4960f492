"""V2 over REST: connections, the fast path for common requests, the head checks, and MLServer's own app behind them."""
