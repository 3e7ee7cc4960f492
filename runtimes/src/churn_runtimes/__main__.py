"""`python -m churn_runtimes`."""

from churn_runtimes.cli import main

if __name__ == "__main__":
    main()
