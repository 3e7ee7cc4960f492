"""What the abuse tests abuse with, and how they watch the server and its other clients."""
