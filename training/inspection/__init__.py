"""`maeum-train inspect`: what a corpus or file holds, what it lacks, what was repaired, and where its rows went."""
