"""What breaks first: a scenario under more and more load, or with fewer and fewer riders."""
