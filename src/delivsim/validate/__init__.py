"""The model held against exact results: cases, each a scenario of steps, and what theory says of them."""
