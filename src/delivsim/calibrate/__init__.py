"""What happened goes in, laws come out: which law, how well it fits, and what the data cannot tell."""
