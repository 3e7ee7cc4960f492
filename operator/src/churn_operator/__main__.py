"""`python -m churn_operator`."""

from churn_operator.cli import main

if __name__ == "__main__":
    main()
