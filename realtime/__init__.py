"""Blocks and Scores to labels: speech, votes, the session graph, the dashboard and the command line."""
