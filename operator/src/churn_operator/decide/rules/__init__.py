"""The rules, one file for each step of the chain in `decide.decide`, each rule named as the fact that it finds."""
