"""Members that run in other pods, asked over V2 (placement Distributed): the ensemble's side of the fan-out."""
