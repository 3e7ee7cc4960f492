"""V2 over REST: connections, the lane for common requests, the guard, and MLServer's own app behind them."""
