"""The candidate answers from the stable pods: another bundle's packed table beside the own one, for its share."""
