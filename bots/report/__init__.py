"""Reports that a person looks at: text for a terminal, JSON for programs, one page of HTML that needs nothing else."""
