"""`python -m churn_training`."""

from churn_training.cli import main

if __name__ == "__main__":
    main()
