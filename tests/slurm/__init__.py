"""A site behind Globus with a real Slurm, and a pool on a submit host."""
