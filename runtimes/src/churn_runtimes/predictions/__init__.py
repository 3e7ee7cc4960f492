"""What late labels are joined with: scores of sampled customers, on their way to the labels' process."""
